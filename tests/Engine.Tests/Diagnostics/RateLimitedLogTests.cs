using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public sealed class RateLimitedLogTests
{
    private readonly CapturingLog _target = new();
    private readonly FrozenTime _time = new();

    [Fact]
    public void One_a_second_with_a_count_of_the_others()
    {
        var log = new RateLimitedLog(_target, _time);
        for (var number = 0; number < 5; number++)
            log.Write(LogLevel.Verbose, "tag", $"bad tag {number}");
        _time.Now += TimeSpan.FromMilliseconds(999);
        log.Write(LogLevel.Verbose, "tag", "bad tag 5");
        _time.Now += TimeSpan.FromMilliseconds(1);
        log.Write(LogLevel.Verbose, "tag", "bad tag 6");
        _time.Now += TimeSpan.FromSeconds(1);
        log.Write(LogLevel.Verbose, "tag", "bad tag 7");
        Assert.Equal(["bad tag 0", "bad tag 6 (5 more like it not shown)", "bad tag 7"], _target.Messages);
    }

    [Fact]
    public void Keys_do_not_share()
    {
        var log = new RateLimitedLog(_target, _time, TimeSpan.FromSeconds(10));
        log.Write(LogLevel.Error, "a", "a");
        log.Write(LogLevel.Warning, "b", "b");
        log.Write(LogLevel.Information, "c", "c");
        log.Write(LogLevel.Error, "a", "a");
        Assert.Equal([(LogLevel.Error, "a"), (LogLevel.Warning, "b"), (LogLevel.Information, "c")], _target.Entries);
    }

    [Fact]
    public void What_is_not_written_is_not_composed()
    {
        var composed = 0;
        var log = new RateLimitedLog(_target, _time);
        for (var number = 0; number < 3; number++)
            log.Write(LogLevel.Verbose, "k", this, _ => $"{++composed}");
        Assert.Equal(1, composed);

        var quiet = new RateLimitedLog(new CapturingLog { Level = LogLevel.Error }, _time);
        quiet.Write(LogLevel.Verbose, "k", this, _ => $"{++composed}");
        Assert.Equal(1, composed);
    }

    [Fact]
    public void A_disabled_level_uses_nothing_up()
    {
        var target = new CapturingLog { Level = LogLevel.Error };
        var log = new RateLimitedLog(target, _time);
        log.Write(LogLevel.Verbose, "k", "not shown");
        log.Write(LogLevel.Error, "k", "shown");
        Assert.Equal(["shown"], target.Messages);
    }

    [Fact]
    public void Many_keys_share_one_budget_and_old_ones_make_room()
    {
        var log = new RateLimitedLog(_target, _time);
        for (var number = 0; number < 100_000; number++)
            log.Write(LogLevel.Verbose, $"source {number}", $"from {number}");
        Assert.Equal(RateLimitedLog.MaxKeys + 1, _target.Entries.Count);

        _time.Now += TimeSpan.FromSeconds(1);
        log.Write(LogLevel.Verbose, "new", "from a new one");
        Assert.Equal("from a new one", _target.Messages.Last());
    }

    [Fact]
    public void Threads()
    {
        var log = new RateLimitedLog(_target, _time);
        Parallel.For(0, 1000, _ => log.Write(LogLevel.Verbose, "k", "m"));
        _time.Now += TimeSpan.FromSeconds(1);
        log.Write(LogLevel.Verbose, "k", "m");
        Assert.Equal(["m", "m (999 more like it not shown)"], _target.Messages);
    }
}
