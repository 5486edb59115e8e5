using System.Globalization;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Service;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>Whether a service, confined as it is, could do with an engine, a file and a group what is asked of it.</summary>
/// <param name="root">"/", or the folder of the image that it is for.</param>
internal sealed class ServiceFitness(string root)
{
    private const string DirectoryOfGroups = "/etc/group";

    // PrivateTmp.
    private static readonly string[] s_temporary = ["/tmp/", "/var/tmp/"];

    // And ProtectHome.
    private static readonly string[] s_hidden = ["/home/", "/root/", "/run/user/", .. s_temporary];

    /// <exception cref="CommandException">The engine would take it for an option.</exception>
    public static void RequireName(string tunnel)
    {
        if (tunnel.StartsWith('-'))
            throw new CommandException(ExitCode.Usage, $"`{tunnel}` begins like an option, which the name of a service's tunnel must not.");
    }

    /// <summary>Finds no fault with the file.</summary>
    /// <exception cref="StartException">Or does.</exception>
    public void Read(string path) => TunnelFile.Read(ImagePath.Outside(root, ImagePath.Resolve(root, path)), out _).Dispose();

    /// <summary>The name, when the target is that of a tunnel that others join; null: it is a file's.</summary>
    public string? ServedName(string target)
    {
        var (path, name) = TunnelFile.Resolve(target);
        if (name != target || !File.Exists(Path.Combine(StateOf(name), ServedLocation.StateFileName)))
            return null;
        if (!File.Exists(ImagePath.Outside(root, ImagePath.Resolve(root, path))))
            return name;
        Console.Error.WriteLine($"{name} is also the name of a tunnel that others join; the service runs that of {path}.");
        return null;
    }

    /// <summary>Finds no fault with a tunnel that others join.</summary>
    /// <returns>Above its state; null: in the usual place.</returns>
    /// <exception cref="StartException">There is a fault.</exception>
    /// <exception cref="CommandException">A service could not use it, or not as it is asked.</exception>
    public string? RequireServable(string tunnel, StartChoices choices)
    {
        if (choices.AllowHooks)
            throw new CommandException(ExitCode.Usage, $"{tunnel} is a tunnel that others join, and has no file with commands that --allow-hooks could allow.");
        ServedTunnel.Check(StateOf(tunnel));
        var above = ServedLocation.Directory;
        if (s_temporary.Any(hidden => (above + '/').StartsWith(hidden, StringComparison.Ordinal)))
            throw new CommandException(ExitCode.Error, $"A service does not see {above}, which is gone with the next boot. Move {tunnel}'s folder to {ServedLocation.DefaultDirectory}.");
        return above == ServedLocation.DefaultDirectory ? null : above;
    }

    /// <exception cref="CommandException">It is in a place of which a service sees nothing.</exception>
    public static void RequireVisible(IEnumerable<string> engine)
    {
        if (engine.FirstOrDefault(word => s_hidden.Any(hidden => word.StartsWith(hidden, StringComparison.Ordinal))) is { } unseen)
            throw new CommandException(ExitCode.Error, $"A service does not see {unseen}, which is below {Above(unseen)}. Copy the engine's folder to /usr/local/lib/wireguard-engine, say, and have that one install it.");
    }

    /// <summary>The folder that a configuration file is in, or that a link leads to.</summary>
    /// <exception cref="CommandException">A service could not read it there, or should not.</exception>
    public string FolderOf(string path)
    {
        var file = ImagePath.Resolve(root, path);
        if (root == "/" && Objection(path, file) is { } objection)
            throw new CommandException(ExitCode.Error, $"A service could not read {path} or should not: {objection}. Put it into {ConfigLocation.DefaultDirectory}.");
        if (s_temporary.Any(hidden => file.StartsWith(hidden, StringComparison.Ordinal)))
            throw new CommandException(ExitCode.Error, $"A service does not see {file}, which is below {Above(file)} and gone with the next boot. Put it into {ConfigLocation.DefaultDirectory}.");
        return Path.GetDirectoryName(file)!;
    }

    /// <summary>The number of a group.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public uint NumberOf(string group) =>
        (root == "/" ? UserGroup.Find(group) : NumberInImage(group)) ?? throw new CommandException(ExitCode.Error, $"There is no group `{group}`{(root == "/" ? "" : $" in {root}; a number will do")}.");

    private uint? NumberInImage(string group)
    {
        var groups = ImagePath.Outside(root, ImagePath.Resolve(root, DirectoryOfGroups));
        var words = File.Exists(groups) ? File.ReadLines(groups).Select(line => line.Split(':')).FirstOrDefault(line => line.Length > 2 && line[0] == group) : null;
        return uint.TryParse(words is null ? group : words[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue ? number : null;
    }

    private string StateOf(string tunnel) => ImagePath.Outside(root, ImagePath.Resolve(root, ServedLocation.DirectoryOf(tunnel)));

    // Whoever could have written the file chooses the tunnel; in the usual place it is root's already, unless it is a link out of it.
    private static string? Objection(string path, string file) =>
        Path.GetDirectoryName(path) != ConfigLocation.DefaultDirectory ? HookFile.Objection(path)
        : file != path ? SavedFile.Objection(path)
        : null;

    private static string Above(string path) => string.Join(" or ", s_hidden.Where(hidden => path.StartsWith(hidden, StringComparison.Ordinal)));
}
