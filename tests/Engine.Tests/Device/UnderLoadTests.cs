using System.Net;
using System.Security.Cryptography;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>A flood of messages that know the public key and nothing else (whitepaper, section 5.3).</summary>
public sealed class UnderLoadTests
{
    private static readonly IPEndPoint Attacker = IPEndPoint.Parse("198.51.100.7:7");
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");

    [Fact]
    public void Under_load_a_newcomer_is_asked_for_a_cookie_and_gets_in_with_it()
    {
        using var pair = new DevicePair();
        var cookies = 0;
        pair.Network.Filter = (from, to, datagram) =>
        {
            if (datagram[0] == 3 && to.Equals(pair.A.Endpoint))
                cookies++;
            return 1;
        };
        Flood(pair, 1000);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        Assert.Equal(1, cookies);
        Assert.Null(pair.A.Peer(pair.B.PublicKey).LastHandshake);

        for (var second = 0; second < 7; second++)
        {
            Flood(pair, 1000);
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, cookies);
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_flood_disturbs_no_session_that_is_there()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        for (var i = 0; i < 10; i++)
        {
            Flood(pair, 1000);
            Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        }
    }

    [Fact]
    public void A_flood_writes_a_few_lines_a_second()
    {
        using var pair = new DevicePair();
        for (var second = 0; second < 5; second++)
        {
            Flood(pair, 6000);
            pair.Settle();
            for (var i = 0; i < 500; i++)
                pair.Network.Inject(Attacker, pair.B.Endpoint, [1, 0, 0, 0, .. new byte[144]]);
            pair.Settle();
            pair.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(pair.B.Log.Messages.Count(m => m.Contains("198.51.100.7:7", StringComparison.Ordinal)), 1, 20);
        Assert.Contains(pair.B.Log.Messages, m => m.Contains("more like it not shown", StringComparison.Ordinal));
    }

    [Fact]
    public void The_queue_is_bounded()
    {
        using var pair = new DevicePair();
        Flood(pair, 6000);
        Assert.Equal(ProtocolLimits.MaxQueuedHandshakes, pair.B.QueuedHandshakes);
        pair.Settle();
        Assert.NotNull(pair.SendAtoB(AtoB) ?? Later(pair));
    }

    [Fact]
    public void Load_is_forgotten_a_second_after_the_flood()
    {
        using var pair = new DevicePair();
        Flood(pair, 1000);
        pair.Settle();
        pair.Time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
    }

    private static byte[]? Later(DevicePair pair)
    {
        pair.Run(TimeSpan.FromSeconds(7));
        return pair.B.Tun.TakeOrNull();
    }

    // Into B's queue, past its lane, without letting its worker work them off.
    private static void Flood(DevicePair pair, int messages)
    {
        var cookies = new CookieGenerator(pair.B.PublicKey);
        var message = new byte[MessageFormat.InitiationSize];
        for (var i = 0; i < messages; i++)
        {
            RandomNumberGenerator.Fill(message);
            message[0] = 1;
            message.AsSpan(1, 3).Clear();
            cookies.AddMacs(message, 0);
            pair.Network.Inject(Attacker, pair.B.Endpoint, message);
            if (i % 100 == 99)
                pair.B.PumpLanes();
        }

        pair.B.PumpLanes();
    }
}
