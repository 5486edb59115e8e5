using System.Globalization;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The journal of a namespace that is not the calling thread's.</summary>
/// <param name="Namespace">As <see cref="HostJournal.CurrentNamespace"/> tells it inside.</param>
/// <param name="Place">Where it was to be found; null: it was the engine's own.</param>
internal sealed record JournalElsewhere(string Path, string Namespace, string? Place, IReadOnlyList<HostChange> Changes);

/// <summary>
/// What a tunnel has changed on the host beyond its interface, on file before each step, so that after a kill -9 the
/// next start or `down` can take it back. One file a tunnel and network namespace, gone when nothing is left to undo.
/// The file survives the process, not the machine: nothing it tells of does.
/// </summary>
internal sealed class HostJournal
{
    private const string Extension = ".undo";
    private const string Header = "wireguard-engine undo 1 ";
    private const string PlaceLine = "netns ";

    private readonly string _path;
    private readonly string _netns;
    private readonly string? _place;
    private readonly List<HostChange> _changes;

    private HostJournal(string path, string netns, string? place, List<HostChange> changes)
    {
        _path = path;
        _netns = netns;
        _place = place;
        _changes = changes;
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<HostChange> Changes => _changes;

    /// <summary>Of the calling thread's network namespace, with what an earlier engine left in it.</summary>
    /// <param name="directory">Its owner alone may write there.</param>
    /// <param name="place">Path of the namespace, for whoever looks from another one; null: it is the engine's own.</param>
    /// <exception cref="HostNetworkException">It cannot be read, or could have been written by somebody else.</exception>
    public static HostJournal Open(string directory, string tunnel, string? place = null)
    {
        var netns = CurrentNamespace();
        var path = Path.Combine(directory, $"{tunnel}@{netns}{Extension}");
        var changes = Read(path);
        return new HostJournal(path, netns, place ?? PlaceOf(path), changes);
    }

    /// <summary>The tunnel's journals of other namespaces than the calling thread's.</summary>
    /// <exception cref="HostNetworkException"/>
    public static IReadOnlyList<JournalElsewhere> Elsewhere(string directory, string tunnel)
    {
        List<JournalElsewhere> found = [];
        var here = CurrentNamespace();
        foreach (var path in Files(directory, $"{tunnel}@*{Extension}"))
        {
            var netns = Path.GetFileName(path)[(tunnel.Length + 1)..^Extension.Length];
            // Whoever may write there is the same for all of them.
            if (netns != here && Read(path) is { Count: > 0 } changes)
                found.Add(new JournalElsewhere(path, netns, PlaceOf(path), changes));
        }

        return found;
    }

    private static string? PlaceOf(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadLines(path).Skip(1).FirstOrDefault() is { } line && line.StartsWith(PlaceLine, StringComparison.Ordinal) ? line[PlaceLine.Length..] : null;
        }
        catch (IOException failure)
        {
            throw new HostNetworkException($"reading {path}", failure.Message, failure);
        }
    }

    /// <summary>What tells the calling thread's network namespace from others.</summary>
    public static string CurrentNamespace()
    {
        if (Libc.TryGetNamespaceCookie(out var cookie))
            return cookie.ToString(CultureInfo.InvariantCulture);
        return new FileInfo("/proc/thread-self/ns/net").LinkTarget is ['n', 'e', 't', ':', '[', .. var inode, ']']
            ? "i" + inode
            : throw new HostNetworkException("looking up the network namespace", "/proc/thread-self/ns/net does not tell");
    }

    /// <summary>Call before the change is made. One that is there already stays as it is.</summary>
    /// <exception cref="HostNetworkException">It is not written down, and not to be made.</exception>
    public void Record(HostChange change)
    {
        if (_changes.Contains(change))
            return;
        _changes.Add(change);
        try
        {
            Write();
        }
        catch
        {
            _changes.Remove(change);
            throw;
        }
    }

    /// <summary>Call after the change was taken back.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Forget(HostChange change)
    {
        if (_changes.Remove(change))
            Write();
    }

    /// <summary>What each of the tunnels besides this one has changed in the same network namespace.</summary>
    /// <exception cref="HostNetworkException"/>
    public IEnumerable<IReadOnlyList<HostChange>> ChangesOfOthers() =>
        Files(Path.GetDirectoryName(_path)!, $"*@{_netns}{Extension}").Where(path => path != _path).Select(Read);

    /// <summary>Where there is no folder there is none of them.</summary>
    private static IReadOnlyList<string> Files(string directory, string pattern)
    {
        try
        {
            return Directory.Exists(directory) ? Directory.GetFiles(directory, pattern) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException($"listing {directory}", failure.Message, failure);
        }
    }

    private static List<HostChange> Read(string path)
    {
        try
        {
            if (!FileStatus.TryRead(path, out var status))
                return [];
            if (status.IsSymbolicLink || status.IsWritableByGroupOrOthers || (status.Owner != 0 && status.Owner != EffectiveUser.Id))
                throw new HostNetworkException($"reading {path}", "others than its owner could have written it; look at it, undo what it tells of and delete it");
            var lines = File.ReadAllLines(path);
            // Of another boot, or not finished: there is nothing that it tells of.
            if (lines.Length == 0 || lines[0] != Header + BootId())
                return [];
            return [.. lines.Skip(1).Select(HostChange.Parse).OfType<HostChange>()];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException($"reading {path}", failure.Message, failure);
        }
    }

    private void Write()
    {
        try
        {
            if (_changes.Count == 0)
            {
                File.Delete(_path);
                return;
            }

            // Whole or not at all, whenever the process ends.
            var next = _path + ".new";
            using (var file = new FileStream(next, Options()))
            using (var writer = new StreamWriter(file))
            {
                writer.Write($"{Header}{BootId()}\n");
                if (_place is not null)
                    writer.Write($"{PlaceLine}{_place}\n");
                foreach (var change in _changes)
                    writer.Write($"{change}\n");
            }

            File.Move(next, _path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException($"writing {_path}", failure.Message, failure);
        }
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
