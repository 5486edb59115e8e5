using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

/// <summary>What the grammar of wg(8) and wg-quick(8) accepts, and what comes of it.</summary>
public sealed class ConfigGrammarTests
{
    private const string Interface = "[Interface]\nPrivateKey = " + TestKeys.Private + "\n";
    private const string Peer = "[Peer]\nPublicKey = " + TestKeys.PeerA + "\n";

    [Fact]
    public void Whole_file_with_every_key()
    {
        const string Text = $"""
            # Office gateway
            [Interface]
            PrivateKey = {TestKeys.Private}
            ListenPort = 51820
            FwMark = 0xca6c
            Address = 10.0.0.1/24, fd00::1/64
            DNS = 10.0.0.53, fd00::53, corp.example
            MTU = 1420
            Table = 1234
            PreUp = echo pre %i
            PostUp = echo up; echo "# stays" # too
            PreDown = echo down
            PostDown = echo post
            SaveConfig = false

            # Name = laptop
            [Peer]
            PublicKey = {TestKeys.PeerA}
            PresharedKey = {TestKeys.Preshared}
            AllowedIPs = 10.0.0.2/32, fd00::2/128
            Endpoint = vpn.example.org:51820
            PersistentKeepalive = 25
            """;
        using var config = Accept(Text);
        var section = config.Interface;
        Assert.Equal(TestKeys.Private, section.PrivateKey!.ToBase64());
        Assert.Equal((ushort)51820, section.ListenPort);
        Assert.Equal(0xca6cu, section.FwMark);
        Assert.Equal(["10.0.0.1/24", "fd00::1/64"], section.Addresses.Select(a => a.ToString()));
        Assert.Equal([IPAddress.Parse("10.0.0.53"), IPAddress.Parse("fd00::53")], section.DnsServers);
        Assert.Equal(["corp.example"], section.DnsSearchDomains);
        Assert.Equal(1420, section.Mtu);
        Assert.Equal(new RouteTable(RouteTableKind.Numbered, 1234), section.Table);
        Assert.Equal(["echo pre %i"], section.PreUp);
        Assert.Equal(["echo up; echo \"# stays\" # too"], section.PostUp);
        Assert.Equal(["echo down"], section.PreDown);
        Assert.Equal(["echo post"], section.PostDown);
        Assert.False(section.SaveConfig);
        Assert.Equal(2, section.Line);

        var peer = Assert.Single(config.Peers);
        Assert.Equal("laptop", peer.Name);
        Assert.Equal(TestKeys.PeerA, peer.PublicKey.ToString());
        Assert.Equal(TestKeys.Preshared, peer.PresharedKey!.ToBase64());
        Assert.Equal([IPNetwork.Parse("10.0.0.2/32"), IPNetwork.Parse("fd00::2/128")], peer.AllowedIPs);
        Assert.Equal(new HostEndpoint("vpn.example.org", 51820), peer.Endpoint);
        Assert.Equal((ushort)25, peer.PersistentKeepalive);
        Assert.Equal(17, peer.Line);
    }

    [Fact]
    public void Smallest_file()
    {
        using var config = Accept("[Interface]\nPrivateKey=" + TestKeys.Private);
        Assert.Null(config.Interface.ListenPort);
        Assert.Null(config.Interface.FwMark);
        Assert.Null(config.Interface.Mtu);
        Assert.Equal(RouteTable.Auto, config.Interface.Table);
        Assert.Empty(config.Peers);
    }

    [Fact]
    public void Keys_sections_and_words_in_any_case_and_spacing()
    {
        using var config = Accept($"  [ INTERFACE ] # mine\r\n\tprivatekey={TestKeys.Private}# c\r\nTABLE  =  OFF\r\nfwmark=Off\r\nsaveconfig=TRUE\r\n[peer]\r\nPUBLICKEY\t=\t{TestKeys.PeerA}\t\r\npersistentkeepalive=OFF\r\n");
        Assert.Equal(RouteTable.Off, config.Interface.Table);
        Assert.Equal(0u, config.Interface.FwMark);
        Assert.True(config.Interface.SaveConfig);
        Assert.Equal((ushort)0, Assert.Single(config.Peers).PersistentKeepalive);
    }

    [Fact]
    public void Sections_in_any_order_and_a_byte_order_mark()
    {
        using var config = Accept("\uFEFF" + Peer + Interface);
        Assert.Single(config.Peers);
    }

    [Theory]
    [InlineData("0", 0u)]
    [InlineData("0x0", 0u)]
    [InlineData("off", 0u)]
    [InlineData("51820", 51820u)]
    [InlineData("0XCA6C", 0xca6cu)]
    [InlineData("4294967295", uint.MaxValue)]
    [InlineData("0xffffffff", uint.MaxValue)]
    public void FwMark(string text, uint expected)
    {
        using var config = Accept(Interface + "FwMark = " + text);
        Assert.Equal(expected, config.Interface.FwMark);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("65535", 65535)]
    public void ListenPort_bounds(string text, int expected)
    {
        using var config = Accept(Interface + "ListenPort = " + text);
        Assert.Equal(expected, (int?)config.Interface.ListenPort);
    }

    [Theory]
    [InlineData("576", 576)]
    [InlineData("65535", 65535)]
    public void Mtu_bounds(string text, int expected)
    {
        using var config = Accept(Interface + "MTU = " + text);
        Assert.Equal(expected, config.Interface.Mtu);
    }

    [Theory]
    [InlineData("auto", RouteTableKind.Auto, 0u)]
    [InlineData("off", RouteTableKind.Off, 0u)]
    [InlineData("1", RouteTableKind.Numbered, 1u)]
    [InlineData("0xca6c", RouteTableKind.Numbered, 0xca6cu)]
    public void Table(string text, RouteTableKind kind, uint number)
    {
        using var config = Accept(Interface + "Table = " + text);
        Assert.Equal(new RouteTable(kind, number), config.Interface.Table);
    }

    [Theory]
    [InlineData("Address = 10.0.0.1", "10.0.0.1/32")]
    [InlineData("Address = fd00::1", "fd00::1/128")]
    [InlineData("Address = 10.0.0.1/24,fd00::1/64", "10.0.0.1/24 fd00::1/64")]
    [InlineData("Address = 10.0.0.1/24 fd00::1/64", "10.0.0.1/24 fd00::1/64")]
    [InlineData("Address = 10.0.0.1/24 ,\tfd00::1/64 # two", "10.0.0.1/24 fd00::1/64")]
    [InlineData("Address = 10.0.0.1/24\nAddress = fd00::1/64", "10.0.0.1/24 fd00::1/64")]
    [InlineData("Address = 10.0.0.1/0", "10.0.0.1/0")]
    [InlineData("Address = ::ffff:1.2.3.4/96", "::ffff:1.2.3.4/96")]
    public void Address_lists(string lines, string expected)
    {
        using var config = Accept(Interface + lines);
        Assert.Equal(expected, string.Join(' ', config.Interface.Addresses));
    }

    [Theory]
    [InlineData("DNS = 1.1.1.1", "1.1.1.1", "")]
    [InlineData("DNS = 1.1.1.1, corp.example 2606:4700::1111\nDNS=~lan", "1.1.1.1 2606:4700::1111", "corp.example ~lan")]
    [InlineData("DNS = ~.", "", "~.")]
    public void Dns_lists(string lines, string servers, string domains)
    {
        using var config = Accept(Interface + lines);
        Assert.Equal(servers, string.Join(' ', config.Interface.DnsServers));
        Assert.Equal(domains, string.Join(' ', config.Interface.DnsSearchDomains));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("AllowedIPs = 10.0.0.2", "10.0.0.2/32")]
    [InlineData("AllowedIPs = fd00::2", "fd00::2/128")]
    [InlineData("AllowedIPs = 0.0.0.0/0, ::/0", "0.0.0.0/0 ::/0")]
    [InlineData("AllowedIPs = 10.0.0.0/8,10.1.0.0/16\nAllowedIPs=fd00::/8", "10.0.0.0/8 10.1.0.0/16 fd00::/8")]
    [InlineData("AllowedIPs = +10.0.0.0/8, 10.1.0.0/16, -10.0.0.0/8", "10.1.0.0/16")]
    [InlineData("AllowedIPs = 10.0.0.0/8, -10.0.0.0/8, 10.0.0.0/8", "10.0.0.0/8")]
    public void AllowedIPs_lists(string lines, string expected)
    {
        using var config = Accept(Interface + Peer + lines);
        Assert.Equal(expected, string.Join(' ', config.Peers[0].AllowedIPs));
    }

    [Theory]
    [InlineData("192.0.2.1:1", "192.0.2.1", 1)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    [InlineData("[fe80::1%eth0]:51820", "fe80::1%eth0", 51820)]
    [InlineData("vpn.example.org:51820", "vpn.example.org", 51820)]
    [InlineData("vpn.example.org.:51820", "vpn.example.org.", 51820)]
    [InlineData("my_host-1:51820", "my_host-1", 51820)]
    public void Endpoints(string text, string host, int port)
    {
        using var config = Accept(Interface + Peer + "Endpoint = " + text);
        Assert.Equal(new HostEndpoint(host, (ushort)port), config.Peers[0].Endpoint);
        Assert.Equal(text, config.Peers[0].Endpoint!.ToString());
    }

    [Theory]
    [InlineData("# Name = laptop\n[Peer]\nPublicKey=KEY", "laptop")]
    [InlineData("#name=  Anna's laptop # 2 \n# second line\n[Peer]\nPublicKey=KEY", "Anna's laptop # 2")]
    [InlineData("[Peer]\n# Name = inside\nPublicKey=KEY", "inside")]
    [InlineData("[Peer]\nPublicKey=KEY\n# Name = at the end", "at the end")]
    [InlineData("[Peer] # Name = beside\nPublicKey=KEY", "beside")]
    [InlineData("# Name = too far away\n\n[Peer]\nPublicKey=KEY", null)]
    [InlineData("# Named = x\n# Name laptop\n# Name =\n[Peer]\nPublicKey=KEY", null)]
    [InlineData("[Peer]\nPublicKey=KEY # Name = not a comment line", null)]
    public void Friendly_names(string peer, string? expected)
    {
        using var config = Accept(Interface + "\n" + peer.Replace("KEY", TestKeys.PeerA));
        Assert.Equal(expected, Assert.Single(config.Peers).Name);
    }

    [Fact]
    public void A_comment_above_the_next_peer_is_the_next_peers()
    {
        using var config = Accept($"{Interface}[Peer]\nPublicKey={TestKeys.PeerA}\n# Name = second\n[Peer]\nPublicKey={TestKeys.PeerB}\n");
        Assert.Equal([null, "second"], config.Peers.Select(p => p.Name));
    }

    [Fact]
    public void A_comment_above_the_interface_names_no_peer()
    {
        using var config = Accept(Peer + "# Name = me\n" + Interface);
        Assert.Null(config.Peers[0].Name);
    }

    [Fact]
    public void Positions_of_values_are_kept()
    {
        using var config = Accept($"{Interface}DNS = 1.1.1.1, 8.8.8.8\nPostUp = a\nPostUp =  b\n{Peer}AllowedIPs = 10.0.0.0/8, 0.0.0.0/0, -10.0.0.0/8, ::/0\n");
        Assert.Equal(new ConfigPosition(3, 16), config.Interface.Positions["dns", 1]);
        Assert.Equal(new ConfigPosition(5, 11), config.Interface.Positions["PostUp", 1]);
        Assert.Equal(new ConfigPosition(8, 26), config.Peers[0].Positions["AllowedIPs"]);
        Assert.Equal(new ConfigPosition(8, 50), config.Peers[0].Positions["AllowedIPs", 1]);
        Assert.Equal(default, config.Peers[0].Positions["AllowedIPs", 2]);
        Assert.Equal(default, ConfigPositions.None["DNS"]);
    }

    [Fact]
    public void A_peer_may_have_a_hundred_thousand_prefixes()
    {
        var prefixes = Enumerable.Range(0, 130_560).Select(n => $"10.{n >> 16}.{(n >> 8) & 255}.{n & 255}").ToArray();
        using var config = Accept(Interface + Peer + "AllowedIPs = " + string.Join(", ", prefixes));
        Assert.Equal(prefixes.Length, config.Peers[0].AllowedIPs.Count);
    }

    private static TunnelConfig Accept(string text)
    {
        var result = ConfigParser.Parse(text, "wg0.conf");
        Assert.Equal([], result.Diagnostics.Select(d => d.ToString()));
        Assert.Equal("wg0.conf", result.Config!.Path);
        return result.Config;
    }
}
