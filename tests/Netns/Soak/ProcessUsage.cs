using System.Globalization;

namespace WireGuard.Tests.Soak;

/// <summary>What a process holds now, as /proc tells it.</summary>
/// <param name="Memory">Resident bytes.</param>
internal sealed record ProcessUsage(long Memory, int Descriptors, int Threads)
{
    internal static ProcessUsage Of(int processId)
    {
        var status = File.ReadAllLines($"/proc/{processId}/status");
        return new ProcessUsage(Field("VmRSS:") * 1024, Directory.GetFileSystemEntries($"/proc/{processId}/fd").Length, (int)Field("Threads:"));

        long Field(string name) =>
            long.Parse(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':', ' ', '\t').First(word => word.Length > 0 && char.IsAsciiDigit(word[0])), CultureInfo.InvariantCulture);
    }

    public override string ToString() => $"{Memory / 1048576.0:F1} MiB, {Descriptors} descriptors, {Threads} threads";
}
