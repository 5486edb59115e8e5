using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Tests.Binding;

public sealed class PeerArgumentsTests
{
    [Theory]
    [InlineData("10.0.0.2/32", "10.0.0.2/32")]
    [InlineData("10.0.0.2", "10.0.0.2/32")]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.1.2.255/25", "10.1.2.128/25")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0")]
    [InlineData("::/0", "::/0")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    [InlineData("2001:DB8:ffff::1/33", "2001:db8:8000::/33")]
    [InlineData("10.0.0.1/24, fd00::5/64 10.0.1.0/24;10.0.0.2/24", "10.0.0.0/24|fd00::/64|10.0.1.0/24")]
    [InlineData("", "")]
    [InlineData(" , ", "")]
    public void Prefixes_are_masked_and_written_one_way(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', PeerArguments.ParseAllowedIPs([text])));

    [Theory]
    [InlineData("10.0.0.2/33")]
    [InlineData("::/129")]
    [InlineData("10.0.0/8")]
    [InlineData("1")]
    [InlineData("10.0.0.1/-1")]
    [InlineData("10.0.0.1/+1")]
    [InlineData("10.0.0.1/")]
    [InlineData("/24")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("[::1]/64")]
    [InlineData("example.org")]
    public void What_is_no_prefix_is_refused(string text) => Refused(ErrorIds.InvalidAllowedIP, () => PeerArguments.ParseAllowedIPs(["10.0.0.0/8", text]));

    [Theory]
    [InlineData("192.0.2.1:51820")]
    [InlineData("[2001:db8::1]:51820")]
    [InlineData("vpn.example.org:1")]
    [InlineData("localhost:65535")]
    public void Endpoints_pass(string text) => Assert.Equal(text, PeerArguments.ParseEndpoint(" " + text + " "));

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.1:0")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:x")]
    [InlineData(":51820")]
    [InlineData("2001:db8::1:51820")]
    [InlineData("[192.0.2.1]:51820")]
    [InlineData("[2001:db8::1]")]
    [InlineData("a b:51820")]
    [InlineData("udp://host:51820")]
    public void What_is_no_endpoint_is_refused(string text) => Refused(ErrorIds.InvalidEndpoint, () => PeerArguments.ParseEndpoint(text));

    [Fact]
    public void Public_keys_pass_with_blanks_around_them() => Assert.Equal(Keys.Peer, PeerArguments.ParsePublicKey($" {Keys.Peer}\n"));

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dh=")]
    public void What_is_no_public_key_is_refused(string text)
    {
        Refused(ErrorIds.InvalidKey, () => PeerArguments.ParsePublicKey(text));
        Refused(ErrorIds.InvalidKey, () => PeerArguments.ParseNewPublicKey(text));
    }

    // wg(8) sets such a peer; it must be possible to remove it.
    [Fact]
    public void Zeros_name_a_peer_but_are_none_to_add()
    {
        var zeros = new string('A', 43) + "=";
        Assert.Equal(zeros, PeerArguments.ParsePublicKey(zeros));
        Refused(ErrorIds.InvalidKey, () => PeerArguments.ParseNewPublicKey(zeros));
        Assert.Equal(Keys.Peer, PeerArguments.ParseNewPublicKey($" {Keys.Peer}\n"));
    }

    private static void Refused(string errorId, Func<object> parse) =>
        Assert.Equal(errorId, Assert.Throws<WgException>(() => { parse(); }).ErrorId);

    [Theory]
    [InlineData("vpn.example")]
    [InlineData("vpn.example:51820")]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1]:51820")]
    public void A_server_is_reached_with_or_without_a_port(string text) => Assert.Equal(text, PeerArguments.ParseReachableHost($" {text} "));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("vpn.example:")]
    [InlineData("vpn.example:0")]
    [InlineData("vpn.example:70000")]
    [InlineData("[vpn.example]")]
    [InlineData("wg-enroll://vpn.example:1/abc")]
    public void Nowhere_is_no_server(string text) =>
        Assert.Equal(ErrorIds.InvalidEndpoint, Assert.Throws<WgException>(() => PeerArguments.ParseReachableHost(text)).ErrorId);
}
