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
    private const string OfThisThread = "/proc/thread-self/ns/net";

    /// <param name="wanted">As <see cref="HostJournal.CurrentNamespace"/> tells it inside.</param>
    /// <returns>Null: nothing that can be seen from here leads to it.</returns>
    public static NamespaceHandle? Find(string wanted)
    {
        LinuxException? refusal = null;
        return Find(wanted, ref refusal);
    }

    /// <inheritdoc cref="Find(string)"/>
    /// <param name="refusal">Set when it may be one of those that may not be looked at.</param>
    public static NamespaceHandle? Find(string wanted, ref LinuxException? refusal)
    {
        var seen = new HashSet<string>();
        // That is another one, as nobody would have to look for it.
        if (TargetOf(OfThisThread) is { } own)
            seen.Add(own);
        foreach (var (identity, path) in Mounted().Concat(OfProcesses()))
        {
            if ((identity is null || seen.Add(identity)) && Open(path, wanted, ref refusal) is { } found)
                return found;
        }

        return null;
    }

    /// <returns>Null: it cannot be opened, or is another one.</returns>
    public static NamespaceHandle? Open(string path, string wanted)
    {
        LinuxException? refusal = null;
        return Open(path, wanted, ref refusal);
    }

    /// <inheritdoc cref="Open(string, string)"/>
    /// <param name="refusal">Set when it may not be entered; one that is not there is none.</param>
    public static NamespaceHandle? Open(string path, string wanted, ref LinuxException? refusal)
    {
        NamespaceHandle? netns = null;
        try
        {
            netns = NamespaceHandle.Open(path);
            if (netns.Run(() => HostJournal.CurrentNamespace() == wanted))
                return netns;
        }
        catch (LinuxException failure)
        {
            // That none may be entered says more than that one process may not be looked at.
            if (failure.ErrorCode is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.EINVAL) && refusal is null or { ErrorCode: Errno.EACCES })
                refusal = failure;
        }

        netns?.Dispose();
        return null;
    }

    private static IEnumerable<(string? Identity, string Path)> Mounted() =>
        from line in Lines("/proc/self/mountinfo")
        let fields = line.Split(' ')
        where fields.Length > 4 && fields[3].StartsWith("net:[", StringComparison.Ordinal)
        select (fields[3], OctalEscape().Replace(fields[4], escape => ((char)Convert.ToInt32(escape.Groups[1].Value, 8)).ToString()));

    /// <summary>Without an identity: it has ended, or may not be looked at.</summary>
    private static IEnumerable<(string? Identity, string Path)> OfProcesses()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                continue;
            var path = Path.Combine(folder, "ns/net");
            yield return (TargetOf(path), path);
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
