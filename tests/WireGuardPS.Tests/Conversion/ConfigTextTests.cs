using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;

namespace WireGuard.Tests.Conversion;

public sealed class ConfigTextTests
{
    private const string Everything = $"""
        [Interface]
        PrivateKey = {Keys.Private}
        ListenPort = 51820
        FwMark = 0x33
        Address = 10.0.0.1/24, fd00::1/64
        DNS = 10.0.0.53, fd00::53, corp.example
        MTU = 1400
        Table = off
        PreUp = echo # not a comment
        PostUp = one
        PostUp = two
        PreDown = three
        PostDown = four
        SaveConfig = true

        # Name = laptop
        [Peer]
        PublicKey = {Keys.Peer}
        PresharedKey = {Keys.Private}
        AllowedIPs = 10.0.0.2/32, fd00::2/128
        Endpoint = vpn.example:51820
        PersistentKeepalive = 25

        [Peer]
        PublicKey = {Keys.OtherPeer}
        PersistentKeepalive = off

        """;

    [Fact]
    public void What_a_file_says_is_what_is_written_again()
    {
        var model = Read(Everything);

        Assert.Equal(Everything, Write(model, ConfigWriteOptions.IncludeSecrets));
        Assert.Equal(("wg7", 51820, 0x33u, 1400, "off"), (model.Name, (int)model.ListenPort!, model.FwMark, model.Mtu, model.Table));
        Assert.Equal(["10.0.0.53", "fd00::53", "corp.example"], model.Dns);
        Assert.Equal(["one", "two"], model.PostUp);
        Assert.Equal(("laptop", "vpn.example:51820", 25), (model.Peers[0].Name, model.Peers[0].Endpoint, (int)model.Peers[0].PersistentKeepalive!));
        Assert.Equal(0, (int)model.Peers[1].PersistentKeepalive!);
    }

    [Fact]
    public void Keys_are_written_when_asked_for_and_else_a_comment()
    {
        var text = Write(Read(Everything), ConfigWriteOptions.None);

        Assert.DoesNotContain(Keys.Private, text, StringComparison.Ordinal);
        Assert.Equal(["# PrivateKey is left out", "# PresharedKey is left out"], text.Split('\n').Where(l => l.Contains("left out", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_empty_is_not_written() => Assert.Equal("[Interface]\n", Write(new WgConfig(), ConfigWriteOptions.IncludeSecrets));

    [Fact]
    public void What_is_wrong_is_told_by_its_property()
    {
        var config = new WgConfig
        {
            Addresses = ["10.0.0.1/24", "10.0.0.300/24"],
            Peers =
            [
                new WgConfigPeer { PublicKey = Keys.Peer, Endpoint = "nowhere" },
                new WgConfigPeer { AllowedIPs = ["10.0.0.2/99"] },
                new WgConfigPeer { PublicKey = Keys.Peer },
            ],
        };
        var problem = Assert.Throws<WgException>(() => ConfigText.Parse(config, out _));

        Assert.Equal(ErrorIds.InvalidValue, problem.ErrorId);
        Assert.Equal(
            ["Addresses[1]", "Peers[0].Endpoint", "Peers[1]", "Peers[1].AllowedIPs[0]", "Peers[2].PublicKey"],
            problem.Message.Split('\n').Select(l => l[..l.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("10.0.0.1/24\n[Peer]")]
    [InlineData("10.0.0.1/24 # [Peer]")]
    public void Nothing_becomes_a_line_of_its_own_or_a_comment(string address)
    {
        var problem = Assert.Throws<WgException>(() => ConfigText.Parse(new WgConfig { Addresses = [address] }, out _));

        Assert.StartsWith("Addresses[0] has ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_none_is_refused_and_not_repeated()
    {
        var config = new WgConfig { Peers = [new WgConfigPeer { PublicKey = Keys.Peer, PresharedKey = SecretText.ToSecureString("no-key") }] };
        var problem = Assert.Throws<WgException>(() => ConfigText.Parse(config, out _));

        Assert.Equal(ErrorIds.InvalidKey, problem.ErrorId);
        Assert.Contains("Peers[0].PresharedKey", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no-key", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Doubts_are_told_but_not_that_there_is_no_key()
    {
        using var config = ConfigText.Parse(new WgConfig { Peers = [new WgConfigPeer { PublicKey = Keys.Peer, AllowedIPs = ["10.0.0.2/24"] }] }, out var warnings);

        Assert.StartsWith("Peers[0].AllowedIPs[0]: ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_tunnel_that_was_not_asked_for_its_keys_has_them_all_the_same()
    {
        var tunnel = new TunnelInfo
        {
            Name = "wg7",
            Backend = "userspace",
            PublicKey = Keys.PrivatesPublic,
            ListenPort = 51820,
            Mtu = 1420,
            Addresses = ["10.0.0.1/24"],
            Peers = [new PeerInfo { PublicKey = Keys.Peer, Name = "laptop", HasPresharedKey = true, AllowedIPs = ["10.0.0.2/32"] }],
        };
        var config = tunnel.ToTunnel(DateTimeOffset.UnixEpoch).ToConfig();

        Assert.True(config.HasPrivateKey && config.Peers[0].HasPresharedKey);
        Assert.Equal(
            $"[Interface]\n# PrivateKey is left out\nListenPort = 51820\nAddress = 10.0.0.1/24\n\n# Name = laptop\n[Peer]\nPublicKey = {Keys.Peer}\n# PresharedKey is left out\nAllowedIPs = 10.0.0.2/32\n",
            Write(config, ConfigWriteOptions.None));
        Assert.Equal(ErrorIds.InvalidValue, Assert.Throws<WgException>(() => ConfigText.DemandKeys(config)).ErrorId);
        ConfigText.DemandKeys((tunnel with { PrivateKey = Keys.Private, Peers = [] }).ToTunnel(DateTimeOffset.UnixEpoch).ToConfig());
    }

    /// <summary>What was found would be found again, and may be another then.</summary>
    [Fact]
    public void A_running_tunnel_has_what_was_said_of_the_host_and_not_what_was_found()
    {
        var tunnel = new TunnelInfo { Name = "wg7", Backend = "userspace", Mtu = 1420 };
        Assert.Equal("[Interface]\n", Write(tunnel.ToTunnel(DateTimeOffset.UnixEpoch).ToConfig(), ConfigWriteOptions.None));
        var said = tunnel with { ConfiguredMtu = 1380, Dns = ["10.0.0.53", "lab.example"], Table = "51000" };
        Assert.Equal("[Interface]\nDNS = 10.0.0.53, lab.example\nMTU = 1380\nTable = 51000\n", Write(said.ToTunnel(DateTimeOffset.UnixEpoch).ToConfig(), ConfigWriteOptions.None));
    }

    private static WgConfig Read(string text)
    {
        using var config = ConfigParser.Parse(text).Config!;
        return config.ToModel("wg7");
    }

    private static string Write(WgConfig model, ConfigWriteOptions options)
    {
        using var config = ConfigText.Parse(model, out _);
        return ConfigWriter.Write(config, options);
    }
}
