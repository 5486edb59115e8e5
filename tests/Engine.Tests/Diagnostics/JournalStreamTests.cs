using System.Diagnostics;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

/// <summary>Whether a descriptor is the stream that JOURNAL_STREAM names.</summary>
public sealed class JournalStreamTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void The_same_device_and_inode()
    {
        using var file = File.OpenHandle(_path);
        var descriptor = (int)file.DangerousGetHandle();
        var identity = Stat(_path);
        Assert.True(JournalLog.IsJournal(descriptor, identity));

        using var other = File.OpenHandle("/dev/null", access: FileAccess.Write);
        Assert.True(JournalLog.IsJournal((int)other.DangerousGetHandle(), Stat("/dev/null")));
        Assert.False(JournalLog.IsJournal((int)other.DangerousGetHandle(), identity));
        Assert.False(JournalLog.IsJournal(-1, identity));
        Assert.False(JournalLog.IsJournal(descriptor, identity + "0"));
        Assert.False(JournalLog.IsJournal(descriptor, "1" + identity));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("8:")]
    [InlineData(":17")]
    [InlineData("eight:17")]
    [InlineData("-8:-17")]
    [InlineData("99999999999999999999999:1")]
    public void Rubbish(string? variable)
    {
        using var file = File.OpenHandle(_path);
        Assert.False(JournalLog.IsJournal((int)file.DangerousGetHandle(), variable));
    }

    // stat(1) as the witness: it prints the device number as systemd writes it.
    private static string Stat(string path)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-L", "-c", "%d:%i", path]) { RedirectStandardOutput = true })!;
        var text = stat.StandardOutput.ReadToEnd().Trim();
        stat.WaitForExit();
        Assert.Equal(0, stat.ExitCode);
        return text;
    }
}
