using WireGuard.Engine.HostNetwork;
using WireGuard.Tests.Device;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.HostNetwork;

public sealed class PacedRestoreTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CapturingLog _log = new();

    [Fact]
    public void It_is_told_of_and_happens_again_when_its_pause_is_over()
    {
        var restored = 0;
        var restore = new PacedRestore(() => [$"restored {++restored}"], _log, _time);
        Assert.False(restore.Run());
        Assert.True(restore.Run(), "it was not its time, and has to be asked again");
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(restore.Run());
        Assert.Equal(["restored 1", "restored 2"], _log.Messages);
    }

    [Fact]
    public void What_fails_is_tried_again_and_does_not_make_the_next_time_late()
    {
        HostNetworkException? failure = new("setting it", "no");
        var restore = new PacedRestore(() => failure is null ? ["restored"] : throw failure, _log, _time);
        for (var i = 0; i < 9; i++)
        {
            Assert.True(restore.Run());
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(9, _log.Messages.Count(line => line.Contains("could not be set again: setting it: no", StringComparison.Ordinal)));
        failure = null;
        Assert.False(restore.Run());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(restore.Run());
        Assert.Equal(["restored", "restored"], _log.Messages.Skip(9));
    }

    /// <summary>A firewall of others that is loaded again and again has our rules renewed more and more seldom, and a kill switch closed as soon as ever.</summary>
    [Fact]
    public void One_does_not_wait_for_anothers_pace_nor_fail_with_it()
    {
        var accepts = new PacedRestore(static () => ["accepted"], _log, _time);
        for (var i = 0; i < 9; i++)
        {
            accepts.Run();
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        accepts.Run();
        var table = new PacedRestore(static () => ["closed"], _log, _time);
        var failing = new PacedRestore(static () => throw new HostNetworkException("asking", "no"), _log, _time);
        var before = _log.Entries.Count;
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([false, true, true], new[] { table, failing, accepts }.Select(restore => restore.Run()));
        Assert.Equal(["closed", "what somebody else has taken away could not be set again: asking: no"], _log.Messages.Skip(before));
    }
}
