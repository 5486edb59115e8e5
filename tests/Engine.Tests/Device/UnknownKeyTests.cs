using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Device;

/// <summary>Who knocks with a key that is nobody's here is named, so that an administrator sees which key is missing.</summary>
public sealed class UnknownKeyTests
{
    [Fact]
    public void The_key_and_where_it_came_from_are_logged_once_in_ten_seconds()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        pair.Run(TimeSpan.FromSeconds(8));
        var line = Assert.Single(pair.B.Log.Entries, e => e.Level == LogLevel.Information && e.Message.Contains(pair.A.PublicKey.ToString(), StringComparison.Ordinal));
        Assert.Equal($"initiation from {pair.A.Endpoint} refused: there is no peer with its key {pair.A.PublicKey}", line.Message);
        pair.Run(TimeSpan.FromSeconds(9));
        Assert.Equal(2, pair.B.Log.Entries.Count(e => e.Message.Contains("there is no peer", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_known_key_that_is_refused_is_not_told_as_unknown()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, sent.First(m => m.IsInitiation).Bytes);
        pair.Settle();
        Assert.DoesNotContain(pair.B.Log.Entries, e => e.Message.Contains("there is no peer", StringComparison.Ordinal));
        Assert.Contains(pair.B.Log.Entries, e => e.Message.EndsWith("refused", StringComparison.Ordinal));
    }
}
