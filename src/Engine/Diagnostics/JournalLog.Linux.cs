using System.Globalization;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Diagnostics;

public sealed partial class JournalLog
{
    private const int StandardError = 2;

    /// <summary>
    /// Whether standard error is connected to the journal: JOURNAL_STREAM is "DEVICE:INODE" of the stream that systemd made
    /// (systemd.exec(5)). A child whose standard error was sent elsewhere inherits the variable but not the stream.
    /// </summary>
    public static bool IsStandardErrorJournal() =>
        OperatingSystem.IsLinux() && IsJournal(StandardError, Environment.GetEnvironmentVariable("JOURNAL_STREAM"));

    internal static bool IsJournal(int fileDescriptor, string? journalStream)
    {
        var colon = journalStream?.IndexOf(':') ?? -1;
        return colon > 0
            && ulong.TryParse(journalStream.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var device)
            && ulong.TryParse(journalStream.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            && FileIdentity.TryGet(fileDescriptor, out var actual)
            && actual == new FileIdentity(device, inode);
    }
}
