using WireGuard.Api;

namespace WireGuard.Engine.Service;

/// <summary>
/// What has to be done so that a tunnel is a service, or none any more: files first, then systemd. Looked up before anything is
/// done, so that a dry run tells it to the letter.
/// </summary>
internal sealed class ServiceFiles
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enterable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _folder;
    private readonly string _template;
    private readonly string _options;
    private readonly string _wanted;
    private readonly string _tunnel;

    /// <param name="root">Where the units are to be found later: "/", or the folder of an image.</param>
    public ServiceFiles(string tunnel, string root = "/")
    {
        _tunnel = tunnel;
        _folder = Path.Combine(root, "etc/systemd/system");
        _template = Path.Combine(_folder, ServiceUnit.Template);
        _options = Path.Combine(_folder, ServiceUnit.NameOf(tunnel) + ".d", "wireguard-engine.conf");
        _wanted = Path.Combine(_folder, "multi-user.target.wants", ServiceUnit.NameOf(tunnel));
    }

    public bool IsEnabled => new FileInfo(_wanted).LinkTarget is not null;

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
        .. Others().Any() ? [] : Delete("Unit", _template),
    ];

    private IEnumerable<string> Others()
    {
        if (!Directory.Exists(_folder))
            return [];
        var mine = ServiceUnit.NameOf(_tunnel);
        return new[] { _folder, Path.GetDirectoryName(_wanted)! }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "wireguard-engine@?*.service*"))
            .Where(path => Path.GetFileName(path) is var name && name != mine && name != mine + ".d" && name != ServiceUnit.Template);
    }

    private static IEnumerable<ServiceStep> Write(string what, string path, string text)
    {
        var before = File.Exists(path) ? File.ReadAllText(path) : null;
        if (before == text && new FileInfo(path).LinkTarget is null)
            return [];
        return [new ServiceStep(new TunnelDifference(before is null ? TunnelDifference.Added : TunnelDifference.Changed, what) { From = before is null ? null : ServiceUnit.OptionsIn(before, path), To = ServiceUnit.OptionsIn(text, path) }, () => Put(path, text))];
    }

    private IEnumerable<ServiceStep> Enable(bool wanted)
    {
        if (!wanted)
            return IsEnabled ? [new ServiceStep(new TunnelDifference(TunnelDifference.Removed, "Enabled") { From = _wanted }, () => File.Delete(_wanted))] : [];
        // As systemctl writes it: the path on the machine, not in the image.
        const string Target = "/etc/systemd/system/" + ServiceUnit.Template;
        if (new FileInfo(_wanted).LinkTarget == Target)
            return [];
        return
        [
            new ServiceStep(new TunnelDifference(TunnelDifference.Added, "Enabled") { To = _wanted }, () =>
            {
                MakeFolder(Path.GetDirectoryName(_wanted)!);
                File.Delete(_wanted);
                File.CreateSymbolicLink(_wanted, Target);
            }),
        ];
    }

    private static IEnumerable<ServiceStep> Delete(string what, string path)
    {
        if (!File.Exists(path))
            return [];
        return
        [
            new ServiceStep(new TunnelDifference(TunnelDifference.Removed, what) { From = ServiceUnit.OptionsIn(File.ReadAllText(path), path) }, () =>
            {
                File.Delete(path);
                // What somebody else has put beside it stays.
                var folder = Path.GetDirectoryName(path)!;
                if (folder.EndsWith(".d", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(folder).Any())
                    Directory.Delete(folder);
            }),
        ];
    }

    private static void Put(string path, string text)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        var next = path + ".new";
        File.Delete(next);
        File.WriteAllText(next, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(next, Readable);
        File.Move(next, path, overwrite: true);
    }

    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, Enterable);
    }
}

/// <summary>One thing to do, and how it is told.</summary>
internal sealed record ServiceStep(TunnelDifference Change, Action Do);
