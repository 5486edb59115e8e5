using System.Globalization;
using System.Text.RegularExpressions;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Finds a network namespace whose path is not known or leads elsewhere by now: by what is mounted, under whatever name, and by the
/// processes in it.
/// </summary>
internal static partial class NamespaceSearch
{
    /// <param name="wanted">As <see cref="HostJournal.CurrentNamespace"/> tells it inside.</param>
    /// <returns>Null: nothing that can be seen from here leads to it.</returns>
    public static NamespaceHandle? Find(string wanted)
    {
        var seen = new HashSet<string>();
        foreach (var (identity, path) in Mounted().Concat(OfProcesses()))
        {
            if (seen.Add(identity) && Open(path, wanted) is { } found)
                return found;
        }

        return null;
    }

    /// <returns>Null: it cannot be opened, or is another one.</returns>
    public static NamespaceHandle? Open(string path, string wanted)
    {
        NamespaceHandle? netns = null;
        try
        {
            netns = NamespaceHandle.Open(path);
            if (netns.Run(() => HostJournal.CurrentNamespace() == wanted))
                return netns;
        }
        catch (LinuxException)
        {
        }

        netns?.Dispose();
        return null;
    }

    private static IEnumerable<(string Identity, string Path)> Mounted() =>
        from line in Lines("/proc/self/mountinfo")
        let fields = line.Split(' ')
        where fields.Length > 4 && fields[3].StartsWith("net:[", StringComparison.Ordinal)
        select (fields[3], OctalEscape().Replace(fields[4], escape => ((char)Convert.ToInt32(escape.Groups[1].Value, 8)).ToString()));

    private static IEnumerable<(string Identity, string Path)> OfProcesses()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                continue;
            var path = Path.Combine(folder, "ns/net");
            if (TargetOf(path) is { } identity)
                yield return (identity, path);
        }
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return null;
        }
    }

    private static IEnumerable<string> Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex OctalEscape();
}
