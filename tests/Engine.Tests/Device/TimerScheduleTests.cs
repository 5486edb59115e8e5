using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Device;

public sealed class TimerScheduleTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void All_peers_are_looked_at_once_a_second_however_often_the_worker_wakes()
    {
        var time = new ManualTimeProvider();
        using var device = new DeviceUnderTest(new ChannelNetwork(), time, "wga", null, IPAddress.Parse("192.0.2.1"));
        device.Device.Apply(new DeviceChange { Peers = [.. Enumerable.Range(1, 50).Select(i => new PeerChange { PublicKey = Keys.Numbered(i) })] });
        device.Pump();
        var before = device.Device.TimerLooks;
        for (var i = 0; i < 500; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            device.Pump();
        }

        Assert.Equal(5, device.Device.TimerLooks - before);
    }

    [Fact]
    public void The_worker_sleeps_until_the_earliest_deadline_of_all_peers()
    {
        var peers = Peers(100);
        var schedule = new TimerSchedule();
        schedule.LookWhenDue(peers, 0);
        Assert.Equal(Second, schedule.Next);
        foreach (var (peer, i) in peers.Select((p, i) => (p, i)))
            Arm(peer, i * 7 % 100 * 1000, seconds: 1);
        schedule.LookWhenDue(peers, Second / 2);
        Assert.False(schedule.TryTake(Second - 1, out _));
        schedule.LookWhenDue(peers, Second);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(Second + (i * 1000), schedule.Next);
            Assert.False(schedule.TryTake(Second + (i * 1000) - 1, out _));
            Assert.True(schedule.TryTake(Second + (i * 1000), out var peer));
            Assert.Equal(PeerTimer.PersistentKeepalive, peer.Timers.TakeDue(Second + (i * 1000)));
        }

        Assert.Equal(2 * Second, schedule.Next);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_finds_what_looking_at_every_peer_at_every_moment_finds(int seed)
    {
        var random = new Random(seed);
        var peers = Peers(200);
        var schedule = new TimerSchedule();
        var now = 0L;
        var found = 0;
        for (var step = 0; step < 1500; step++)
        {
            schedule.LookWhenDue(peers, now);
            var expected = peers.Where(p => p.Timers.Earliest() <= now).ToHashSet();
            var taken = new HashSet<Peer>();
            while (schedule.TryTake(now, out var peer))
            {
                if (peer.Timers.TakeDue(now) is not null)
                    taken.Add(peer);
                while (peer.Timers.TakeDue(now) is not null)
                {
                }

                schedule.Add(peer);
            }

            Assert.True(expected.SetEquals(taken), $"step {step}: {expected.Count} peers were due, {taken.Count} were found");
            Assert.True(schedule.Next <= peers.Min(p => p.Timers.Earliest()) && schedule.Next > now);
            found += taken.Count;
            for (var i = 0; i < 20; i++)
                Happen(peers[random.Next(peers.Length)], random, now);
            // The worker wakes for the next deadline, or earlier, or too late.
            now = random.Next(4) switch
            {
                0 => schedule.Next,
                1 => now + random.NextInt64(3 * Second),
                _ => Math.Min(schedule.Next, now + random.NextInt64(Second / 10)),
            };
        }

        Assert.True(found > 1000, $"only {found} deadlines came");
    }

    [Fact]
    public void Taking_what_is_due_allocates_nothing()
    {
        var peers = Peers(1000);
        var schedule = new TimerSchedule();
        var now = 0L;
        AllocationMeter.AssertNothingAllocated(() =>
        {
            schedule.LookWhenDue(peers, now);
            while (schedule.TryTake(now, out var peer))
            {
                peer.Timers.TakeDue(now);
                schedule.Add(peer);
            }

            foreach (var peer in peers)
                Arm(peer, now, seconds: 1);
            now += Second;
        });
    }

    private static Peer[] Peers(int count)
    {
        var indices = new IndexTable();
        var jitter = new Random(1);
        return [.. Enumerable.Range(1, count).Select(i => new Peer(Keys.Numbered(i), indices, jitter))];
    }

    private static void Arm(Peer peer, long now, ushort seconds)
    {
        peer.Timers.PersistentKeepaliveInterval = seconds;
        peer.Timers.AuthenticatedTraversal(now);
    }

    private static void Happen(Peer peer, Random random, long now)
    {
        switch (random.Next(6))
        {
            case 0:
                Arm(peer, now, (ushort)random.Next(1, 30));
                break;
            case 1:
                peer.Timers.DataReceived(now);
                break;
            case 2:
                peer.Timers.AuthenticatedSent();
                break;
            case 3:
                peer.Timers.HandshakeInitiated(now);
                break;
            case 4:
                peer.Timers.HandshakeCompleted();
                break;
            default:
                peer.Timers.PersistentKeepaliveInterval = 0;
                break;
        }
    }
}
