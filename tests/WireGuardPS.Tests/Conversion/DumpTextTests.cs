using WireGuard.Api;
using WireGuard.Conversion;

namespace WireGuard.Tests.Conversion;

public sealed class DumpTextTests
{
    private static readonly TunnelInfo Full = new()
    {
        Name = "wg0",
        Backend = "userspace",
        PrivateKey = Keys.Private,
        PublicKey = Keys.PrivatesPublic,
        ListenPort = 51820,
        FwMark = 0xca6c,
        Peers =
        [
            new PeerInfo
            {
                PublicKey = Keys.Peer,
                PresharedKey = Keys.Private,
                HasPresharedKey = true,
                Endpoint = "[2001:db8::7]:1234",
                AllowedIPs = ["10.0.0.2/32", "10.0.0.0/24", "9.0.0.0/8", "fd00::2/128", "fd00::/8"],
                LastHandshake = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_900),
                RxBytes = 111,
                TxBytes = ulong.MaxValue,
                PersistentKeepalive = 25,
            },
            new PeerInfo { PublicKey = Keys.OtherPeer },
        ],
    };

    [Fact]
    public void Every_field_is_where_wg_has_it() => Assert.Equal(
        [
            $"{Keys.Private}\t{Keys.PrivatesPublic}\t51820\t0xca6c",
            $"{Keys.Peer}\t{Keys.Private}\t[2001:db8::7]:1234\t9.0.0.0/8,10.0.0.0/24,10.0.0.2/32,fd00::/8,fd00::2/128\t1700000000\t111\t18446744073709551615\t25",
            $"{Keys.OtherPeer}\t(none)\t(none)\t(none)\t0\t0\t0\toff",
        ],
        Lines(Full, false));

    [Fact]
    public void Of_all_tunnels_each_line_begins_with_the_name() =>
        Assert.Equal(["wg0\t(none)\t(none)\t0\toff"], Lines(new TunnelInfo { Name = "wg0", Backend = "userspace" }, true));

    [Fact]
    public void A_key_that_was_not_asked_for_is_hidden_not_absent()
    {
        var lines = Lines(Full with { PrivateKey = null, Peers = [Full.Peers[0] with { PresharedKey = null }] }, false);

        Assert.Equal(["(hidden)", "(hidden)"], [lines[0].Split('\t')[0], lines[1].Split('\t')[1]]);
    }

    private static string[] Lines(TunnelInfo tunnel, bool withName) => [.. DumpText.Lines(tunnel.ToTunnel(DateTimeOffset.UnixEpoch), withName)];
}
