using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Device;

/// <summary>Another protocol on the tunnel's port: bounded, out of the way, and answered by the way that it came.</summary>
public sealed class PortGuestTests : IDisposable
{
    private const byte First = 0x65;
    private const int Longest = 100;

    private readonly DevicePair _pair = new();
    private readonly PortGuest _guest;
    private readonly byte[] _taken = new byte[Longest];

    public PortGuestTests()
    {
        _guest = _pair.A.Device.Admit(First, Longest);
        _guest.IsListening = true;
    }

    [Fact]
    public void Its_datagrams_come_out_in_order_with_where_they_came_from()
    {
        Send(Source(1), First, 1);
        Send(Source(2), First, 2, 3);
        Assert.Equal(2, _guest.TryTake(_taken, out var from));
        Assert.Equal((Source(1), (byte)1), (from.ToIPEndPoint()!, _taken[1]));
        Assert.Equal(3, _guest.TryTake(_taken, out from));
        Assert.Equal((Source(2), (byte)3), (from.ToIPEndPoint()!, _taken[2]));
        Assert.Equal(-1, _guest.TryTake(_taken, out _));
    }

    [Fact]
    public void What_is_not_its_own_or_too_long_is_dropped()
    {
        Send(Source(1), 0x64, 1, 1, 1);
        Send(Source(1));
        Send(Source(1), [First, .. new byte[Longest]]);
        Assert.Equal(-1, _guest.TryTake(_taken, out _));
        Send(Source(1), [First, .. new byte[Longest - 1]]);
        Assert.Equal(Longest, _guest.TryTake(_taken, out _));
    }

    [Fact]
    public void While_it_does_not_listen_nothing_is_kept()
    {
        _guest.IsListening = false;
        Send(Source(1), First, 1);
        _guest.IsListening = true;
        Assert.Equal(-1, _guest.TryTake(_taken, out _));
    }

    [Fact]
    public void One_source_has_its_share_and_all_together_the_ring()
    {
        for (var i = 0; i < 100; i++)
            Send(Source(1), First, 1);
        Send(Source(2), First, 2);
        var ofOne = 0;
        for (int length; (length = _guest.TryTake(_taken, out _)) >= 0;)
            ofOne += _taken[1] == 1 ? 1 : 0;
        Assert.Equal(PortGuest.Capacity / 16, ofOne);
        Assert.Equal(2, _taken[1]);

        // Sources that meet in the ledger share a share.
        _pair.Time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 1000; i++)
            Send(Source(i), First);
        Assert.Equal(PortGuest.Capacity, Drain());
    }

    [Fact]
    public void So_many_a_second_are_taken_of_all_together()
    {
        var taken = 0;
        for (var i = 0; i < 3 * PortGuest.Capacity; i++)
        {
            Send(Source(i), First);
            taken += Drain();
        }

        Assert.Equal(PortGuest.Capacity, taken);
        _pair.Time.Advance(TimeSpan.FromSeconds(1));
        Send(Source(1), First);
        Assert.Equal(1, Drain());
    }

    [Fact]
    public void Of_one_source_so_many_are_taken_at_once_and_a_second()
    {
        Assert.InRange(TakenInASecond(Source(1)), 456 - 4, 456 + 4);
        Assert.InRange(TakenInASecond(Source(1)), 200 - 4, 200 + 4);
    }

    [Fact]
    public void An_answer_leaves_from_the_address_that_was_asked()
    {
        var host = _pair.Network.Attach(IPAddress.Parse("192.0.2.50"), IPAddress.Parse("192.0.2.51"));
        var asked = new IPEndPoint(IPAddress.Parse("192.0.2.51"), host.Open(0, 0));
        var asker = _pair.Network.Attach(IPAddress.Parse("192.0.2.99"));
        using var guest = new PortGuest(First, Longest, host) { IsListening = true };
        using var batch = new PacketBatch(1);
        _pair.Network.Inject(new IPEndPoint(IPAddress.Parse("192.0.2.99"), asker.Open(0, 0)), asked, [First, 7]);
        Assert.Equal(1, host.Receive(batch));
        guest.Add(batch[0].Span, batch[0].Endpoint, 0);
        var length = guest.TryTake(_taken, out var from);
        guest.Answer(_taken.AsSpan(0, length), from);
        Assert.Equal(1, asker.Receive(batch));
        Assert.Equal([First, 7], batch[0].Span.ToArray());
        Assert.Equal(asked, batch[0].Endpoint.ToIPEndPoint());
    }

    [Fact]
    public void Taking_and_dropping_allocates_nothing()
    {
        byte[] datagram = [First, .. new byte[50]];
        var from = UdpEndpoint.From(Source(1));
        var now = 0L;
        AllocationMeter.AssertNothingAllocated(() =>
        {
            now += 1_000_000;
            _pair.A.Device.OfferToGuest(datagram, from, now);
            _pair.A.Device.OfferToGuest([1, 2, 3], from, now);
            _ = _guest.TryTake(_taken, out _);
        });
    }

    public void Dispose() => _pair.Dispose();

    private static IPEndPoint Source(int number) => new(new IPAddress([198, 51, (byte)(number >> 8), (byte)number]), 40_000);

    private int TakenInASecond(IPEndPoint source)
    {
        var taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            _pair.Time.Advance(TimeSpan.FromMilliseconds(1));
            Send(source, First);
            taken += Drain();
        }

        return taken;
    }

    private int Drain()
    {
        var count = 0;
        while (_guest.TryTake(_taken, out _) >= 0)
            count++;
        return count;
    }

    private void Send(IPEndPoint from, params byte[] datagram)
    {
        _pair.Network.Inject(from, _pair.A.Endpoint, datagram);
        _pair.A.Pump();
    }
}
