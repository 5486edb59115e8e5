using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Device;

/// <summary>What a wrong tag must never do: reach the TUN, a counter, a timer or an endpoint, whichever AEAD opens it.</summary>
public sealed class AuthenticationTests
{
    private const int Header = 16;
    private const int Tag = 16;

    public static TheoryData<string> Backends => [.. TransportAeadFactory.Available];

    [Theory]
    [MemberData(nameof(Backends))]
    public void Any_flipped_bit_of_a_tag_or_header_or_in_a_byte_of_text_drops_the_packet(string aead)
    {
        using var pair = Connected(aead);
        var genuine = Held(pair, TestPacket.Make("10.0.0.1", "10.0.0.2", 100));
        var before = pair.B.Peer(pair.A.PublicKey);
        for (var bit = 0; bit < genuine.Length * 8; bit++)
        {
            var isText = bit / 8 >= Header && bit / 8 < genuine.Length - Tag;
            if (isText && bit % 8 != bit / 8 % 8)
                continue;
            var forged = (byte[])genuine.Clone();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, forged);
            pair.Settle();
            Assert.True(pair.B.Tun.TakeOrNull() is null, $"bit {bit}");
        }

        Assert.Equal(before.RxBytes, pair.B.Peer(pair.A.PublicKey).RxBytes);

        // None of them used the counter up.
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, genuine);
        pair.Settle();
        Assert.NotNull(pair.B.Tun.TakeOrNull());
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Forged_packets_between_genuine_ones_of_a_batch_are_the_only_ones_to_go(string aead)
    {
        using var pair = Connected(aead);
        var held = pair.Capture(_ => false);
        for (var i = 0; i < 128; i++)
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2", i * 7));
        pair.Settle();
        pair.Network.Filter = null;
        var expected = new List<int>();
        foreach (var (message, i) in held.Select((m, i) => (m.Bytes, i)))
        {
            if (i % 3 == 1)
                message[^(1 + (i % Tag))] ^= (byte)(1 << (i % 8));
            else
                expected.Add(28 + (i * 7));
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, message);
        }

        pair.Settle();
        Assert.Equal(expected, TakeAll(pair.B).Select(p => p.Length));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_keepalive_with_a_flipped_bit_confirms_no_session_and_moves_nothing(string aead)
    {
        using var pair = new DevicePair(aead: aead);
        var sent = pair.Capture(m => !m.IsTransport);
        pair.A.Device.RequestHandshake(pair.PeerAtA, pair.A.Device.Clock.Now);
        pair.Settle();
        pair.Network.Filter = null;
        var keepalive = sent.Single(m => m.IsKeepalive).Bytes;
        for (var bit = Header * 8; bit < keepalive.Length * 8; bit++)
        {
            var forged = (byte[])keepalive.Clone();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, forged);
        }

        pair.Settle();
        Assert.Null(pair.PeerAtB.Keypairs.Current);
        Assert.Null(pair.B.Peer(pair.A.PublicKey).LastHandshake);
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, keepalive);
        pair.Settle();
        Assert.NotNull(pair.PeerAtB.Keypairs.Current);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_packet_cut_or_lengthened_anywhere_is_dropped(string aead)
    {
        using var pair = Connected(aead);
        var genuine = Held(pair, TestPacket.Make("10.0.0.1", "10.0.0.2", 100));
        for (var length = 0; length < genuine.Length + 80; length++)
        {
            if (length == genuine.Length)
                continue;
            var other = new byte[length];
            genuine.AsSpan(0, Math.Min(length, genuine.Length)).CopyTo(other);
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, other);
        }

        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, genuine);
        pair.Settle();
        Assert.NotNull(pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_copy_within_the_same_batch_is_dropped()
    {
        using var pair = Connected(null);
        var genuine = Held(pair, TestPacket.Make("10.0.0.1", "10.0.0.2"));
        for (var i = 0; i < 10; i++)
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, genuine);
        pair.Settle();
        Assert.Single(TakeAll(pair.B));
    }

    private static DevicePair Connected(string? aead)
    {
        var pair = new DevicePair(aead: aead);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        return pair;
    }

    private static byte[] Held(DevicePair pair, byte[] packet)
    {
        var held = pair.Capture(_ => false);
        pair.A.Tun.Inject(packet);
        pair.Settle();
        pair.Network.Filter = null;
        return held.Single().Bytes;
    }

    private static List<byte[]> TakeAll(DeviceUnderTest device)
    {
        var all = new List<byte[]>();
        while (device.Tun.TakeOrNull() is { } packet)
            all.Add(packet);
        return all;
    }
}
