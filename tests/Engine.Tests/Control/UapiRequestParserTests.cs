using System.Text;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

public class UapiRequestParserTests
{
    private const string Key = "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33";
    private const string Other = "58402e695ba1772b1cc9309755f043251ea77fdcf10fbe63989ceb7e19321376";
    private const string Peer = "set=1\npublic_key=" + Key + "\n";

    public static TheoryData<string> GoodRequests => new(
    [
        "get=1\n",
        "set=1\n",
        "set=1\nprivate_key=" + Key + "\n",
        "set=1\nprivate_key=" + Key.ToUpperInvariant() + "\n",
        "set=1\nprivate_key=" + new string('0', 64) + "\n",
        "set=1\nlisten_port=0\n",
        "set=1\nlisten_port=65535\n",
        "set=1\nfwmark=0\n",
        "set=1\nfwmark=4294967295\n",
        "set=1\nreplace_peers=true\n",
        Peer,
        Peer + "preshared_key=" + Other + "\n",
        Peer + "endpoint=192.0.2.1:51820\n",
        Peer + "endpoint=[2001:db8::1]:1\n",
        Peer + "endpoint=[::ffff:192.0.2.1]:65535\n",
        Peer + "endpoint=[fe80::1%1]:51820\n",
        Peer + "endpoint=[fe80::1%lo]:51820\n",
        Peer + "persistent_keepalive_interval=0\n",
        Peer + "persistent_keepalive_interval=65535\n",
        Peer + "replace_allowed_ips=true\n",
        Peer + "remove=true\n",
        Peer + "update_only=true\n",
        Peer + "protocol_version=1\n",
        Peer + "allowed_ip=0.0.0.0/0\n",
        Peer + "allowed_ip=255.255.255.255/32\n",
        Peer + "allowed_ip=::/0\n",
        Peer + "allowed_ip=2001:DB8::1/128\n",
        Peer + "allowed_ip=-10.0.0.0/8\n",
        Peer + "allowed_ip=-2001:db8::/32\n",
    ]);

    public static TheoryData<string, int> BadRequests
    {
        get
        {
            var bad = new TheoryData<string, int>
            {
                { "", -71 },
                { "get=2\n", -71 },
                { "get=1 \n", -71 },
                { "Set=1\n", -71 },
                { "listen_port=1\n", -71 },
                { "GET / HTTP/1.1\n", -71 },
                { "set=1\nlisten_port\n", -71 },
                { "set=1\n=1\n", -71 },
                { "get=1\nlisten_port=1\n", -22 },
                { "get=1\nget=1\n", -22 },
            };
            string[] deviceLines =
            [
                "private_key=", "private_key=" + Key[1..], "private_key=" + Key + "0", "private_key=" + Key[1..] + "g", "private_key=" + Key[1..] + "\0",
                "private_key=" + Key[1..] + "@", "private_key=" + Key[1..] + "`", "private_key=" + Key[1..] + "/", "private_key=" + Key[1..] + ":",
                "private_key=" + Key[1..] + "G", "private_key= " + Key[1..], "listen_port=", "listen_port=65536", "listen_port=-1", "listen_port=+1",
                "listen_port=0x10", "listen_port= 1", "listen_port=1\r", "listen_port=01", "listen_port=99999999999", "fwmark=4294967296", "fwmark=0x1",
                "fwmark=off", "replace_peers=false", "replace_peers=1", "replace_peers=", "public_key=", "public_key=" + Key[1..], "unknown=1",
                "preshared_key=" + Key, "endpoint=192.0.2.1:1", "allowed_ip=10.0.0.0/8", "Listen_port=1", "protocol_version=1", "errno=0",
            ];
            string[] peerLines =
            [
                "private_key=" + Key, "listen_port=1", "fwmark=1", "replace_peers=true", "set=1", "unknown=1",
                "preshared_key=", "preshared_key=" + Key[1..] + "x",
                "endpoint=", "endpoint=192.0.2.1", "endpoint=192.0.2.1:", "endpoint=192.0.2.1:0", "endpoint=192.0.2.1:65536", "endpoint=192.0.2:1",
                "endpoint=192.0.2.256:1", "endpoint=192.0.2.01:1", "endpoint=2001:db8::1:1", "endpoint=[192.0.2.1]:1", "endpoint=[2001:db8::1]",
                "endpoint=[2001:db8::1:1", "endpoint=2001:db8::1]:1", "endpoint=[fe80::1%]:1", "endpoint=[fe80::1%0]:1", "endpoint=[fe80::1%no-such-if]:1",
                "endpoint=[]:1", "endpoint=localhost:1", "endpoint=3221225985:1", "endpoint=0xc0000201:1", "endpoint=[::1]:1:1", "endpoint= 192.0.2.1:1",
                "persistent_keepalive_interval=65536", "persistent_keepalive_interval=-1", "persistent_keepalive_interval=off", "persistent_keepalive_interval=",
                "replace_allowed_ips=false", "replace_allowed_ips=", "remove=false", "remove=1", "update_only=false", "update_only=TRUE",
                "protocol_version=0", "protocol_version=2", "protocol_version=",
                "allowed_ip=", "allowed_ip=-", "allowed_ip=10.0.0.1", "allowed_ip=10.0.0.0/33", "allowed_ip=10.0.0.0/", "allowed_ip=10.0.0.0/-1",
                "allowed_ip=10.0.0.0/08", "allowed_ip=10.0.0/8", "allowed_ip=10.0.0.0.0/8", "allowed_ip=10..0.0/8", "allowed_ip=1e1.0.0.0/8",
                "allowed_ip=2001:db8::/129", "allowed_ip=2001:db8:::/32", "allowed_ip=[2001:db8::]/32", "allowed_ip=fe80::1%1/64", "allowed_ip=--10.0.0.0/8",
                "allowed_ip=10.0.0.0/8 ", "allowed_ip=10.0.0.0/8/8", "allowed_ip=+10.0.0.0/8", "public_key=" + Key + "00", "last_handshake_time_sec=1",
            ];
            foreach (var line in deviceLines)
                bad.Add("set=1\n" + line + "\n", -22);
            foreach (var line in peerLines)
                bad.Add(Peer + line + "\n", -22);
            bad.Add(Peer + "remove\n", -71);
            bad.Add(Peer + " \n", -71);
            return bad;
        }
    }

    [Theory]
    [MemberData(nameof(GoodRequests))]
    public void Good_requests_are_taken(string request)
    {
        var parsed = Parse(request);
        using var change = parsed.Change;
        Assert.Null(parsed.Problem);
        Assert.Equal(0, parsed.Errno);
        Assert.Equal(parsed.Operation == UapiOperation.Set, change is not null);
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void Bad_requests_are_refused_with_their_errno_and_without_a_change(string request, int errno)
    {
        var parsed = Parse(request);
        Assert.Equal(errno, parsed.Errno);
        Assert.Null(parsed.Change);
        Assert.NotNull(parsed.Problem);
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void A_problem_never_repeats_the_value(string request, int errno)
    {
        var problem = Parse(request).Problem!;
        Assert.NotEqual(0, errno);
        Assert.DoesNotContain(Key[1..], problem);
        Assert.DoesNotContain("10.0.0", problem);
        Assert.DoesNotContain("192.0", problem);
    }

    [Fact]
    public void Every_line_arrives_in_the_change()
    {
        using var change = Parse(
            $"set=1\nprivate_key={Key}\nlisten_port=51820\nfwmark=51\nreplace_peers=true\n"
            + $"public_key={Other}\nupdate_only=true\npreshared_key={Key}\nendpoint=[2001:db8::9]:7\npersistent_keepalive_interval=25\n"
            + "replace_allowed_ips=true\nallowed_ip=10.1.2.3/8\nallowed_ip=-2001:db8:ffff::1/33\nprotocol_version=1\n").Change!;
        Assert.Equal(Key, Convert.ToHexStringLower(change.PrivateKey!.Span));
        Assert.Equal((ushort?)51820, change.ListenPort);
        Assert.Equal(51u, change.FwMark);
        Assert.True(change.ReplacePeers);
        var peer = Assert.Single(change.Peers);
        Assert.Equal(Other, Convert.ToHexStringLower(peer.PublicKey.Span));
        Assert.Equal(PeerChangeMode.UpdateIfPresent, peer.Mode);
        Assert.Equal(Key, Convert.ToHexStringLower(peer.PresharedKey!.Span));
        Assert.Equal("[2001:db8::9]:7", peer.Endpoint!.ToString());
        Assert.Equal((ushort?)25, peer.PersistentKeepalive);
        Assert.True(peer.ReplaceAllowedIPs);
        Assert.Equal(["10.0.0.0/8 False", "2001:db8:8000::/33 True"], peer.AllowedIPs.Select(a => $"{a.Prefix} {a.Remove}"));
    }

    [Fact]
    public void What_is_not_said_stays_null()
    {
        using var change = Parse(Peer).Change!;
        Assert.Null(change.PrivateKey);
        Assert.Null(change.ListenPort);
        Assert.Null(change.FwMark);
        Assert.False(change.ReplacePeers);
        var peer = Assert.Single(change.Peers);
        Assert.Equal(PeerChangeMode.AddOrUpdate, peer.Mode);
        Assert.Null(peer.PresharedKey);
        Assert.Null(peer.Endpoint);
        Assert.Null(peer.PersistentKeepalive);
        Assert.False(peer.ReplaceAllowedIPs);
        Assert.Empty(peer.AllowedIPs);
    }

    [Fact]
    public void A_public_key_may_come_more_than_once_and_opens_a_new_section_each_time()
    {
        using var change = Parse(Peer + $"allowed_ip=10.0.0.0/8\npublic_key={Other}\nremove=true\npublic_key={Key}\nallowed_ip=11.0.0.0/8\n").Change!;
        Assert.Equal([Key, Other, Key], change.Peers.Select(p => Convert.ToHexStringLower(p.PublicKey.Span)));
        Assert.Equal([PeerChangeMode.AddOrUpdate, PeerChangeMode.Remove, PeerChangeMode.AddOrUpdate], change.Peers.Select(p => p.Mode));
        Assert.Equal("11.0.0.0/8", change.Peers[2].AllowedIPs.Single().Prefix.ToString());
    }

    [Fact]
    public void Removal_wins_over_everything_else_said_of_the_peer()
    {
        using var change = Parse(Peer + $"remove=true\nupdate_only=true\npreshared_key={Other}\nallowed_ip=10.0.0.0/8\n").Change!;
        var peer = Assert.Single(change.Peers);
        Assert.Equal(PeerChangeMode.Remove, peer.Mode);
        Assert.Null(peer.PresharedKey);
        Assert.Empty(peer.AllowedIPs);
    }

    [Fact]
    public void Replacing_allowed_ips_drops_those_named_before_it()
    {
        using var change = Parse(Peer + "allowed_ip=10.0.0.0/8\nreplace_allowed_ips=true\nallowed_ip=11.0.0.0/8\n").Change!;
        Assert.Equal("11.0.0.0/8", change.Peers[0].AllowedIPs.Single().Prefix.ToString());
    }

    [Fact]
    public void The_last_of_two_equal_keys_counts()
    {
        using var change = Parse($"set=1\nlisten_port=1\nlisten_port=2\nprivate_key={Key}\nprivate_key={Other}\n").Change!;
        Assert.Equal((ushort?)2, change.ListenPort);
        Assert.Equal(Other, Convert.ToHexStringLower(change.PrivateKey!.Span));
    }

    [Fact]
    public void A_bad_request_leaves_nothing_behind_for_the_next_one()
    {
        using var parser = new UapiRequestParser();
        Feed(parser, $"set=1\nprivate_key={Key}\nlisten_port=5\nreplace_peers=true\npublic_key={Other}\nnonsense=1\n");
        Assert.Equal(-22, parser.Complete().Errno);
        Assert.True(parser.IsAtStart);
        Feed(parser, "set=1\nfwmark=7\n");
        using var change = parser.Complete().Change!;
        Assert.Equal(7u, change.FwMark);
        Assert.Null(change.PrivateKey);
        Assert.Null(change.ListenPort);
        Assert.False(change.ReplacePeers);
        Assert.Empty(change.Peers);
    }

    [Fact]
    public void A_hundred_thousand_allowed_ips_are_one_change()
    {
        using var parser = new UapiRequestParser();
        Feed(parser, Peer);
        for (var i = 0; i < 130_560; i++)
            parser.AddLine(Encoding.ASCII.GetBytes($"allowed_ip=10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32"));
        using var change = parser.Complete().Change!;
        Assert.Equal(130_560, change.Peers[0].AllowedIPs.Count);
        Assert.Equal("10.1.253.255/32", change.Peers[0].AllowedIPs[^1].Prefix.ToString());
    }

    private static UapiRequest Parse(string request)
    {
        using var parser = new UapiRequestParser();
        Feed(parser, request);
        return parser.Complete();
    }

    private static void Feed(UapiRequestParser parser, string request)
    {
        foreach (var line in request.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            parser.AddLine(Encoding.UTF8.GetBytes(line));
    }
}
