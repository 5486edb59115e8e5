using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigWarningTests
{
    private const string Interface = "[Interface]\nPrivateKey = " + TestKeys.Private + "\n";
    private const string Peer = Interface + "[Peer]\nPublicKey = " + TestKeys.PeerA + "\n";

    [Theory]
    [InlineData("[Interface]\nListenPort = 1", "NoPrivateKey", "wg0.conf:1:1: warning: There is no PrivateKey; nobody can be reached until one is set.")]
    [InlineData(Peer + "AllowedIPs = 10.0.0.1/24", "HostBits", "wg0.conf:5:14: warning: 10.0.0.1/24 has bits set beyond its prefix length; 10.0.0.0/24 is used.")]
    [InlineData(Peer + "AllowedIPs = fd00::1/64", "HostBits", "wg0.conf:5:14: warning: fd00::1/64 has bits set beyond its prefix length; fd00::/64 is used.")]
    [InlineData(Peer + "AllowedIPs = 10.0.0.0/8, 10.0.0.0/8", "DuplicateAllowedIP", "wg0.conf:5:26: warning: 10.0.0.0/8 is given twice.")]
    [InlineData(Peer + "AllowedIPs = -10.0.0.0/8", "NothingToRemove", "wg0.conf:5:14: warning: -10.0.0.0/8 takes away a prefix that the peer does not have.")]
    [InlineData(Peer + "AllowedIPs =", "EmptyValue", "wg0.conf:5:1: warning: AllowedIPs has no value; the line has no effect.")]
    [InlineData(Peer + "AllowedIPs=10.0.0.0/8\n[Peer]\nPublicKey=" + TestKeys.PeerB + "\nAllowedIPs=10.0.0.0/8", "SharedAllowedIP", "wg0.conf:8:12: warning: The peer in line 3 has 10.0.0.0/8 too; the last one gets it.")]
    [InlineData(Peer + "PresharedKey = " + TestKeys.Zero, "ZeroKey", "wg0.conf:5:16: warning: PresharedKey is all zeros, which means no preshared key; leave the line out.")]
    [InlineData(Interface + "MTU = 1279\nAddress = fd00::1/64", "SmallMtu", "wg0.conf:3:7: warning: MTU 1279 is below 1280, so the IPv6 addresses will not work.")]
    [InlineData(Interface + "Address = 10.0.0.1/24, 10.0.0.1/24", "DuplicateAddress", "wg0.conf:3:24: warning: 10.0.0.1/24 is given twice.")]
    [InlineData(Interface + "Address = 10.0.0.1/24,", "EmptyItem", "wg0.conf:3:23: warning: Address has an empty item between its commas.")]
    [InlineData(Interface + "Address =", "EmptyValue", "wg0.conf:3:1: warning: Address has no value; the line has no effect.")]
    [InlineData(Interface + "PostUp =", "EmptyValue", "wg0.conf:3:1: warning: PostUp has no value; the line has no effect.")]
    [InlineData(Interface + "DNS =", "EmptyValue", "wg0.conf:3:1: warning: DNS has no value; the line has no effect.")]
    [InlineData(Interface + "# Name = a\n# Name = b\n[Peer]\nPublicKey=" + TestKeys.PeerA, "DuplicateName", "wg0.conf:4:1: warning: The peer has a name already; 'b' is ignored.")]
    [InlineData(Interface + "# Name = a\n[Peer]\n# Name = b\nPublicKey=" + TestKeys.PeerA, "DuplicateName", "wg0.conf:5:1: warning: The peer has a name already; 'b' is ignored.")]
    public void Warns(string text, string id, string expected)
    {
        var result = ConfigParser.Parse(text, "wg0.conf");
        using var config = result.Config;
        var warning = Assert.Single(result.Diagnostics);
        Assert.Equal(expected, warning.ToString());
        Assert.Equal(id, warning.Id);
        Assert.NotNull(config);
    }

    [Fact]
    public void A_small_mtu_without_ipv6_is_fine() =>
        Assert.Empty(ConfigParser.Parse(Interface + "MTU = 576\nAddress = 10.0.0.1/24").Diagnostics);

    [Fact]
    public void Host_bits_are_cleared_and_a_zero_preshared_key_is_none()
    {
        var peer = ConfigParser.Parse(Peer + "AllowedIPs = 10.1.2.3/12\nPresharedKey = " + TestKeys.Zero).Config!.Peers[0];
        Assert.Equal("10.0.0.0/12", Assert.Single(peer.AllowedIPs).ToString());
        Assert.Null(peer.PresharedKey);
    }

    [Fact]
    public void Too_long_a_name_is_ignored()
    {
        var result = ConfigParser.Parse($"{Interface}# Name = {new string('x', 256)}\n[Peer]\nPublicKey={TestKeys.PeerA}", "wg0.conf");
        Assert.Equal("wg0.conf:3:1: warning: The peer's name is longer than 255 characters and is ignored.", Assert.Single(result.Diagnostics).ToString());
        Assert.Null(result.Config!.Peers[0].Name);
    }

    [Fact]
    public void Many_warnings_do_not_hide_an_error()
    {
        var lines = string.Concat(Enumerable.Repeat("AllowedIPs =\n", DiagnosticBag.Limit + 10));
        var result = ConfigParser.Parse(Peer + lines + "Endpoint = x", "wg0.conf");
        Assert.Single(result.Diagnostics, d => d.Severity == ConfigSeverity.Error);
        Assert.Equal(DiagnosticBag.Limit, result.Diagnostics.Count(d => d.Severity == ConfigSeverity.Warning));
    }
}
