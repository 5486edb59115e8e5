using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Tun;

public sealed class LinkMonitorTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly LinuxTunDevice _tun;

    public LinkMonitorTests() => _tun = _netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));

    public void Dispose()
    {
        _tun.Dispose();
        _netns.Dispose();
    }

    [RootFact]
    public void A_subscriber_first_hears_the_present_state_and_then_each_change()
    {
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _netns.Ip("link", "set", "wg0", "up");
        Assert.Equal(TunEvent.Up, events.Next());
        var late = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Up, late.Next());
        _netns.Ip("link", "set", "wg0", "down");
        Assert.Equal(TunEvent.Down, events.Next());
        Assert.Equal(TunEvent.Down, late.Next());
        Assert.True(events.IsEmpty);
    }

    [RootFact]
    public void The_mtu_is_followed()
    {
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _netns.Ip("link", "set", "wg0", "mtu", "1300");
        Assert.Equal(TunEvent.MtuChanged, events.Next());
        Assert.Equal(1300, _tun.Mtus.Link);
    }

    [RootFact]
    public void The_mtus_of_routes_are_followed_here_and_in_another_namespace()
    {
        _netns.Ip("link", "set", "wg0", "up");
        _netns.Ip("route", "add", "10.1.0.0/16", "dev", "wg0");
        _netns.Ip("route", "add", "10.2.0.0/16", "dev", "wg0", "mtu", "1290");
        _netns.Ip("route", "add", "fd00:2::/64", "dev", "wg0", "table", "100", "mtu", "1380");
        AssertHolds(1290, 1380);
        _netns.Ip("route", "change", "10.2.0.0/16", "dev", "wg0", "mtu", "1310");
        AssertHolds(1310, 1380);
        _netns.Ip("-6", "route", "del", "fd00:2::/64", "dev", "wg0", "table", "100");
        AssertHolds(1310, 1420);
        // The kernel does not tell of the routes of IPv4 that go with the link.
        _netns.Ip("link", "set", "wg0", "down");
        AssertHolds(1420, 1420);

        using var other = NetworkNamespace.Create();
        _netns.Ip("link", "set", "wg0", "netns", other.Name);
        other.Ip("link", "set", "wg0", "up");
        other.Ip("route", "add", "10.2.0.0/16", "dev", "wg0", "mtu", "1301");
        AssertHolds(1301, 1420);
    }

    private void AssertHolds(int small, int large) => Eventually.True(
        () => (_tun.Mtus.Holding(1285), _tun.Mtus.Holding(1375)) == (small, large),
        $"packets of 1,285 and 1,375 bytes are held by {small} and {large}");

    [RootFact]
    public void Changes_of_other_links_are_nothing()
    {
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _netns.Ip("link", "add", "other0", "type", "bridge");
        _netns.Ip("link", "set", "other0", "up", "mtu", "1000");
        _netns.Ip("link", "del", "other0");
        _netns.Ip("link", "set", "wg0", "up");
        Assert.Equal(TunEvent.Up, events.Next());
        Assert.Equal(1420, _tun.Mtus.Link);
    }

    [RootFact]
    public void A_deleted_interface_is_told_once_and_to_late_subscribers_too()
    {
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _netns.Ip("link", "del", "wg0");
        Assert.Equal(TunEvent.Removed, events.Next());
        Assert.Equal(TunEvent.Removed, new TunEventRecorder(_tun).Next());
        Assert.True(events.IsEmpty);
        using var batch = new PacketBatch();
        Assert.Equal(0, _tun.Queues[0].Read(batch));
    }

    [RootFact]
    public void Moved_to_another_namespace_it_is_watched_there()
    {
        using var other = NetworkNamespace.Create();
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _netns.Ip("link", "set", "wg0", "netns", other.Name);
        other.Ip("link", "set", "wg0", "up");
        Assert.Equal(TunEvent.Up, events.Next());
        other.Ip("link", "set", "wg0", "mtu", "1290");
        Assert.Equal(TunEvent.MtuChanged, events.Next());
        Assert.Equal(1290, _tun.Mtus.Link);
        other.Ip("link", "del", "wg0");
        Assert.Equal(TunEvent.Down, events.Next());
        Assert.Equal(TunEvent.Removed, events.Next());
    }

    [RootFact]
    public void A_handler_may_dispose_the_device()
    {
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _tun.Changed += change =>
        {
            if (change != TunEvent.Removed)
                return;
            _tun.Dispose();
            removed.SetResult();
        };
        _netns.Ip("link", "del", "wg0");
        Assert.True(removed.Task.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void An_unsubscribed_handler_hears_nothing_more()
    {
        var calls = 0;
        void Count(TunEvent change) => Interlocked.Increment(ref calls);
        var events = new TunEventRecorder(_tun);
        Assert.Equal(TunEvent.Down, events.Next());
        _tun.Changed += Count;
        Eventually.True(() => Volatile.Read(ref calls) == 1, "the new handler is greeted");
        _tun.Changed -= Count;
        _netns.Ip("link", "set", "wg0", "up");
        Assert.Equal(TunEvent.Up, events.Next());
        _netns.Ip("link", "set", "wg0", "down");
        Assert.Equal(TunEvent.Down, events.Next());
        Assert.Equal(1, Volatile.Read(ref calls));
    }
}
