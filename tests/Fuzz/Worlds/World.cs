using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Device;
using WireGuard.Tests.Noise;

namespace WireGuard.Fuzz;

/// <summary>A datagram that one of the honest devices sent.</summary>
internal sealed record SentDatagram(IPEndPoint From, IPEndPoint To, byte[] Bytes)
{
    internal MessageType? Type => MessageFormat.Classify(Bytes);
}

/// <summary>
/// Two honest devices, and an insider: a peer of A whose keys the fuzzer has, so that its messages get past every check
/// that takes keys. B does not know it.
/// </summary>
internal sealed class World : IDisposable
{
    internal static readonly IPEndPoint InsiderEndpoint = IPEndPoint.Parse("198.51.100.9:9999");
    internal static readonly IPEndPoint[] Sources =
    [
        InsiderEndpoint,
        IPEndPoint.Parse("198.51.100.9:1"),
        IPEndPoint.Parse("203.0.113.5:51820"),
        IPEndPoint.Parse("[2001:db8::66]:5000"),
    ];

    internal static readonly IPNetwork[] InsiderAllowedIPs = Prefixes("10.0.0.9/32", "10.9.0.0/16", "fd00::9/128");

    internal static readonly IPNetwork[] AllowedIPsOfA = Prefixes("10.0.0.1/32", "fd00::1/128");

    /// <summary>One of them lies inside the insider's: the longest prefix says whose it is.</summary>
    internal static readonly IPNetwork[] AllowedIPsOfB = Prefixes("10.0.0.2/32", "10.9.9.0/24", "fd00::2/128");

    private const int MostOverheard = 64;

    private static readonly byte[] s_fromAtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] s_fromBtoA = TestPacket.Make("fd00::2", "fd00::1", 100);

    private bool _isInjecting;
    private ulong _timestamps;

    internal World()
    {
        Insider = new HandshakeParty(HandshakeParty.RandomKey(), Pair.A.PublicKey.Span.ToArray());
        Pair.A.AddPeer(Pair.B, Array.ConvertAll(AllowedIPsOfB, p => p.ToString()));
        Pair.B.AddPeer(Pair.A, Array.ConvertAll(AllowedIPsOfA, p => p.ToString()), withEndpoint: false);
        AddInsider();
        // A network carries nothing to where nobody is.
        foreach (var source in Sources)
            Pair.Network.Attach(source.Address).Open((ushort)source.Port, 0);
        Pair.Network.Filter = (from, to, datagram) =>
        {
            if (_isInjecting)
                return 1;
            Sent.Add(new SentDatagram(from, to, datagram.ToArray()));
            if (Overheard.Count < MostOverheard)
                Overheard.Add(datagram.ToArray());
            return Sources.Contains(to) ? 0 : 1;
        };
        CheckHonestTraffic();
    }

    internal DevicePair Pair { get; } = new(connect: false);

    internal HandshakeParty Insider { get; }

    /// <summary>What the honest devices sent since it was last cleared.</summary>
    internal List<SentDatagram> Sent { get; } = [];

    /// <summary>Messages between the honest devices, and to the insider: all of them have been delivered once.</summary>
    internal List<byte[]> Overheard { get; } = [];

    internal long Now => Pair.Time.GetTimestamp();

    internal PeerSnapshot InsiderAtA => Pair.A.Peer(Insider.Identity.PublicKey);

    /// <summary>A timestamp greater than all before it.</summary>
    internal byte[] NextTimestamp()
    {
        var timestamp = new byte[MessageFormat.TimestampSize];
        timestamp[0] = 0x40;
        BinaryPrimitives.WriteUInt64BigEndian(timestamp.AsSpan(1), ++_timestamps);
        return timestamp;
    }

    /// <summary>Where one is reached from an address of this family.</summary>
    internal IPEndPoint EndpointFor(DeviceUnderTest of, IPEndPoint from) => from.AddressFamily == AddressFamily.InterNetwork
        ? of.Endpoint
        : new IPEndPoint(IPAddress.Parse(of == Pair.A ? "2001:db8::1" : "2001:db8::2"), DeviceUnderTest.Port);

    /// <summary>A forgets sessions and timestamps of the insider.</summary>
    internal void AddInsiderAnew()
    {
        Pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = Insider.Identity.PublicKey, Mode = PeerChangeMode.Remove }] });
        AddInsider();
    }

    internal void Inject(IPEndPoint from, DeviceUnderTest to, ReadOnlySpan<byte> datagram)
    {
        _isInjecting = true;
        Pair.Network.Inject(from, EndpointFor(to, from), datagram);
        _isInjecting = false;
    }

    internal void Pass(TimeSpan time)
    {
        Pair.Time.Advance(time);
        Pair.Settle();
    }

    /// <summary>
    /// What comes once handshakes have been tried again: both ends may have begun one in the same instant, so that neither
    /// was finished. Null: nothing does.
    /// </summary>
    internal byte[]? AwaitArrival(DeviceUnderTest at)
    {
        for (var step = 0; step < 1500 && at.Tun.Delivered == 0; step++)
            Pass(TimeSpan.FromMilliseconds(20));
        return at.Tun.TakeOrNull();
    }

    /// <summary>Nothing lies in either TUN that nobody looked for.</summary>
    internal void AssertTunsEmpty()
    {
        Assert.Equal(0, Pair.A.Tun.Delivered);
        Assert.Equal(0, Pair.B.Tun.Delivered);
    }

    /// <summary>The two who do no harm know each other's place, exchange packets, and hold no more than they may.</summary>
    internal void CheckHonestTraffic()
    {
        AssertTunsEmpty();
        // Past the load of a flood.
        Pass(TimeSpan.FromSeconds(2));
        Exchange();
        Assert.Equal(Pair.A.Endpoint, Pair.B.Peer(Pair.A.PublicKey).Endpoint);
        Assert.Equal(Pair.B.Endpoint, Pair.A.Peer(Pair.B.PublicKey).Endpoint);
        // A peer's handshake, and its previous, current and next session.
        Assert.InRange(Pair.A.Device.Indices.Count, 0, 8);
        Assert.InRange(Pair.B.Device.Indices.Count, 0, 4);
        Assert.Equal(0, Pair.A.QueuedHandshakes + Pair.B.QueuedHandshakes);
        Assert.DoesNotContain(Pair.A.Log.Entries.Concat(Pair.B.Log.Entries), entry => entry.Level == LogLevel.Error);
        Sent.Clear();
    }

    public void Dispose()
    {
        Pair.Dispose();
        Insider.Dispose();
    }

    private void AddInsider() => Pair.A.Device.Apply(new DeviceChange
    {
        Peers =
        [
            new PeerChange
            {
                PublicKey = Insider.Identity.PublicKey,
                Endpoint = InsiderEndpoint,
                AllowedIPs = [.. InsiderAllowedIPs.Select(prefix => new AllowedIPChange(prefix))],
            },
        ],
    });

    private static IPNetwork[] Prefixes(params string[] texts) => Array.ConvertAll(texts, text => IPNetwork.Parse(text));

    private void Exchange()
    {
        Assert.Equal(s_fromAtoB, Pair.SendAtoB(s_fromAtoB) ?? AwaitArrival(Pair.B));
        Assert.Equal(s_fromBtoA, Pair.SendBtoA(s_fromBtoA) ?? AwaitArrival(Pair.A));
        AssertTunsEmpty();
    }
}
