using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigWriterTests
{
    [Fact]
    public void Reading_what_was_written_gives_the_same()
    {
        var source = new RandomConfig(20261121);
        for (var round = 0; round < 500; round++)
        {
            using var config = source.Next();
            var text = ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets);
            var result = ConfigParser.Parse(text);
            Assert.DoesNotContain(result.Diagnostics, d => d.Severity == ConfigSeverity.Error);
            ConfigEquality.AssertEqual(config, result.Config!);
            Assert.Equal(text, ConfigWriter.Write(result.Config!, ConfigWriteOptions.IncludeSecrets));
        }
    }

    [Fact]
    public void Canonical_form()
    {
        using var config = Sample();
        Assert.Equal($"""
            [Interface]
            PrivateKey = {TestKeys.Private}
            ListenPort = 51820
            FwMark = 0xca6c
            Address = 10.0.0.1/24, fd00::1/64
            DNS = 10.0.0.53, corp.example
            MTU = 1420
            Table = 77
            PreUp = a
            PostUp = b # c
            PreDown = d
            PostDown = e
            SaveConfig = true

            # Name = laptop
            [Peer]
            PublicKey = {TestKeys.PeerA}
            PresharedKey = {TestKeys.Preshared}
            AllowedIPs = 10.0.0.2/32, fd00::2/128
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = 25

            [Peer]
            PublicKey = {TestKeys.PeerB}
            PersistentKeepalive = off

            """.ReplaceLineEndings("\n"), ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets));
    }

    [Fact]
    public void Without_secrets_and_stripped()
    {
        using var config = Sample();
        var text = ConfigWriter.Write(config, ConfigWriteOptions.Strip);
        Assert.Equal($"""
            [Interface]
            # PrivateKey is left out
            ListenPort = 51820
            FwMark = 0xca6c

            # Name = laptop
            [Peer]
            PublicKey = {TestKeys.PeerA}
            # PresharedKey is left out
            AllowedIPs = 10.0.0.2/32, fd00::2/128
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = 25

            [Peer]
            PublicKey = {TestKeys.PeerB}
            PersistentKeepalive = off

            """.ReplaceLineEndings("\n"), text);
        Assert.False(ConfigParser.Parse(text).HasErrors);
    }

    [Fact]
    public void Nothing_can_smuggle_a_line_in()
    {
        var key = PublicKey.Parse(TestKeys.PeerA);
        Refused(new InterfaceSection { PostUp = ["true\nPrivateKey = x"] });
        Refused(new InterfaceSection { PreDown = [" padded"] });
        Refused(new InterfaceSection { PreDown = [""] });
        Refused(new InterfaceSection { DnsSearchDomains = ["a\nb"] });
        Refused(new InterfaceSection { DnsServers = [IPAddress.Parse("fe80::1%1")] });
        Refused(new InterfaceSection { Addresses = [new InterfaceAddress(IPAddress.Parse("fe80::1%1"), 64)] });
        Refused(new InterfaceSection(), new PeerSection { PublicKey = key, Name = "a\n[Peer]" });
        Refused(new InterfaceSection(), new PeerSection { PublicKey = key, Name = "" });
        Refused(new InterfaceSection(), new PeerSection { PublicKey = key, Endpoint = new HostEndpoint("a\nb", 1) });
        Refused(new InterfaceSection(), new PeerSection { PublicKey = key, Endpoint = new HostEndpoint("a b", 1) });
        Refused(new InterfaceSection(), new PeerSection { PublicKey = key, Endpoint = new HostEndpoint("a", 0) });

        static void Refused(InterfaceSection section, params PeerSection[] peers)
        {
            using var writer = new StringWriter();
            Assert.Throws<ArgumentException>(() => ConfigWriter.Write(new TunnelConfig { Interface = section, Peers = peers }, writer, ConfigWriteOptions.None));
            Assert.Empty(writer.ToString());
        }
    }

    private static TunnelConfig Sample() => new()
    {
        Interface = new InterfaceSection
        {
            PrivateKey = SecretKey.Parse(TestKeys.Private),
            ListenPort = 51820,
            FwMark = 0xca6c,
            Addresses = [new(IPAddress.Parse("10.0.0.1"), 24), new(IPAddress.Parse("fd00::1"), 64)],
            DnsServers = [IPAddress.Parse("10.0.0.53")],
            DnsSearchDomains = ["corp.example"],
            Mtu = 1420,
            Table = new RouteTable(RouteTableKind.Numbered, 77),
            PreUp = ["a"],
            PostUp = ["b # c"],
            PreDown = ["d"],
            PostDown = ["e"],
            SaveConfig = true,
        },
        Peers =
        [
            new PeerSection
            {
                Name = "laptop",
                PublicKey = PublicKey.Parse(TestKeys.PeerA),
                PresharedKey = SecretKey.Parse(TestKeys.Preshared),
                AllowedIPs = [IPNetwork.Parse("10.0.0.2/32"), IPNetwork.Parse("fd00::2/128")],
                Endpoint = new HostEndpoint("2001:db8::1", 51820),
                PersistentKeepalive = 25,
            },
            new PeerSection { PublicKey = PublicKey.Parse(TestKeys.PeerB), PersistentKeepalive = 0 },
        ],
    };
}
