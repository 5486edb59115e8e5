using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Service;

/// <summary>
/// What has to be done so that a tunnel is a service, or none any more: files first, then systemd. Looked up before anything is
/// done, so that a dry run tells it to the letter.
/// </summary>
internal sealed class ServiceFiles
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enterable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const string Units = "/etc/systemd/system";

    private readonly string _root;
    private readonly string _unit;
    private readonly string _folder;
    private readonly string _template;
    private readonly string _instance;
    private readonly string _options;
    private readonly string _wanted;

    /// <param name="root">Where the units are to be found later: "/", or the folder of an image.</param>
    /// <exception cref="IOException">Links in there lead in a circle.</exception>
    public ServiceFiles(string tunnel, string root = "/")
    {
        _root = root;
        _unit = UnitName.Of(tunnel);
        _folder = Folder("");
        _template = Path.Combine(_folder, UnitName.Template);
        _instance = Path.Combine(_folder, _unit);
        _options = Path.Combine(Folder(_unit + ".d"), "wireguard-engine.conf");
        _wanted = Path.Combine(Folder("multi-user.target.wants"), _unit);
    }

    public bool IsEnabled => new FileInfo(_wanted).LinkTarget is not null;

    /// <summary>It is the service of a tunnel that others join.</summary>
    public bool Serves => Read(_options) is { } text && ServiceUnit.Serves(text);

    /// <summary>A unit of ours that the administrator has masked, so that nothing may start it; null: none.</summary>
    public string? Masked => new[] { _template, _instance }.Where(IsMask).Select(Path.GetFileName).FirstOrDefault();

    /// <param name="template">Its text.</param>
    /// <param name="options">The instance's own text; null: none.</param>
    /// <param name="enables">It starts with the machine; null: as it is.</param>
    public IReadOnlyList<ServiceStep> Install(string template, string? options, bool? enables) =>
    [
        .. Write("Unit", _template, template),
        .. options is null ? Delete("Options", _options) : Write("Options", _options, options),
        .. enables is { } wanted ? Enable(wanted) : [],
    ];

    /// <summary>The template goes with the last tunnel that has a part in it.</summary>
    public IReadOnlyList<ServiceStep> Remove() =>
    [
        .. Enable(false),
        .. Delete("Options", _options),
        .. IsMask(_template) || Others().Any() ? [] : Delete("Unit", _template),
    ];

    private IEnumerable<string> Others()
    {
        if (!Directory.Exists(_folder))
            return [];
        return new[] { _folder, Path.GetDirectoryName(_wanted)! }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "wireguard-engine@?*.service*"))
            .Where(path => Path.GetFileName(path) is var name && name != _unit && name != _unit + ".d" && name != UnitName.Template);
    }

    private static IEnumerable<ServiceStep> Write(string what, string path, string text)
    {
        var before = Read(path);
        if (before == text)
            return [];
        return [new ServiceStep(new TunnelDifference(before is null ? TunnelDifference.Added : TunnelDifference.Changed, what) { From = before is null ? null : ServiceUnit.OptionsIn(before, path), To = ServiceUnit.OptionsIn(text, path) }, () => Put(path, text))];
    }

    private IEnumerable<ServiceStep> Enable(bool wanted)
    {
        if (!wanted)
            return IsEnabled ? [new ServiceStep(new TunnelDifference(TunnelDifference.Removed, "Enabled") { From = _wanted }, () => Drop(_wanted))] : [];
        // As systemctl writes it: the path on the machine, not in the image.
        const string Target = Units + "/" + UnitName.Template;
        if (new FileInfo(_wanted).LinkTarget == Target)
            return [];
        return
        [
            new ServiceStep(new TunnelDifference(TunnelDifference.Added, "Enabled") { To = _wanted }, () =>
            {
                MakeFolder(Path.GetDirectoryName(_wanted)!);
                File.Delete(_wanted);
                File.CreateSymbolicLink(_wanted, Target);
                FileOwner.Flush(Path.GetDirectoryName(_wanted)!);
            }),
        ];
    }

    private static IEnumerable<ServiceStep> Delete(string what, string path)
    {
        if (Read(path) is not { } before)
            return [];
        return
        [
            new ServiceStep(new TunnelDifference(TunnelDifference.Removed, what) { From = ServiceUnit.OptionsIn(before, path) }, () =>
            {
                Drop(path);
                // What somebody else has put beside it stays.
                var folder = Path.GetDirectoryName(path)!;
                if (folder.EndsWith(".d", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(folder).Any())
                    Directory.Delete(folder);
            }),
        ];
    }

    // What a link leads to is not ours; the link gives way.
    private static string? Read(string path) => new FileInfo(path).LinkTarget is not null ? "" : File.Exists(path) ? File.ReadAllText(path) : null;

    // Whole or not at all, also when the machine fails right afterwards.
    private static void Put(string path, string text)
    {
        var folder = Path.GetDirectoryName(path)!;
        MakeFolder(folder);
        var next = path + ".new";
        File.Delete(next);
        using (var file = new FileStream(next, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file.SafeFileHandle, Readable);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        FileOwner.Flush(folder);
    }

    private static void Drop(string path)
    {
        File.Delete(path);
        FileOwner.Flush(Path.GetDirectoryName(path)!);
    }

    // Whoever installs may let others read nothing of what is made; systemd's folders are everybody's to read.
    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        var above = Path.GetDirectoryName(path)!;
        MakeFolder(above);
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, Enterable);
        FileOwner.Flush(above);
    }

    // In an image links lead to where they will lead when it runs.
    private string Folder(string name) => ImagePath.Outside(_root, ImagePath.Resolve(_root, Path.Combine(Units, name)));

    private bool IsMask(string path) => new FileInfo(path) is var file && (file.LinkTarget is not null
        ? ImagePath.Resolve(_root, Path.Combine(Units, file.Name)) == "/dev/null"
        : file is { Exists: true, Length: 0 });
}

/// <summary>One thing to do, and how it is told.</summary>
internal sealed record ServiceStep(TunnelDifference Change, Action Do);
