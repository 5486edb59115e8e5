using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigSupportTests
{
    private const string Interface = "[Interface]\nPrivateKey = " + TestKeys.Private + "\n";
    private const string Peer = "[Peer]\nPublicKey = " + TestKeys.PeerA + "\n";

    [Theory]
    [InlineData(Interface + "SaveConfig = true", "wg0.conf:3:14: error: SaveConfig = true is not supported yet. Leave the line out; the file stays as it is.")]
    public void Refuses_what_has_no_effect_yet(string text, string expected)
    {
        using var config = ConfigParser.Parse(text, "wg0.conf").Config!;
        var error = Assert.Single(ConfigSupport.Unsupported(config));
        Assert.Equal(expected, error.ToString());
        Assert.Equal("NotSupported", error.Id);
    }

    [Fact]
    public void Names_each_hook_that_is_not_run()
    {
        using var config = ConfigParser.Parse(Interface + "PostUp = a\nPreUp = b\nPostUp = c\nPreDown = d\nPostDown = e\n", "wg0.conf").Config!;
        var warnings = ConfigSupport.HooksNotRun(config, "of a reason");
        Assert.Equal([(3, "PostUp"), (4, "PreUp"), (5, "PostUp"), (6, "PreDown"), (7, "PostDown")], warnings.Select(d => (d.Line, d.Message.Split(' ')[0])));
        Assert.Equal("wg0.conf:4:9: warning: PreUp is not run: of a reason.", warnings[1].ToString());
        Assert.Empty(ConfigSupport.Unsupported(config));
    }

    [Theory]
    [InlineData("SaveConfig = false\nAddress = 10.0.0.1/24\nMTU = 1400\nFwMark = 1\nTable = 77\n" + Peer + "AllowedIPs = 10.0.0.0/8")]
    [InlineData(Peer + "AllowedIPs = 0.0.0.0/0, ::/0")]
    [InlineData("DNS = 1.1.1.1, ::1, corp.example")]
    [InlineData("Table = off\n" + Peer + "AllowedIPs = 0.0.0.0/0, ::/0")]
    [InlineData("Table = 77\n" + Peer + "AllowedIPs = 0.0.0.0/0, ::/0")]
    [InlineData(Peer + "AllowedIPs = 0.0.0.0/1, 128.0.0.0/1")]
    public void Accepts_what_works(string text)
    {
        using var config = ConfigParser.Parse(Interface + text).Config!;
        Assert.Empty(ConfigSupport.Unsupported(config));
    }

    [Fact]
    public void A_configuration_from_memory_has_no_positions()
    {
        using var config = new TunnelConfig { Interface = new InterfaceSection { SaveConfig = true } };
        Assert.Equal("(text): error: SaveConfig = true is not supported yet. Leave the line out; the file stays as it is.",
            Assert.Single(ConfigSupport.Unsupported(config)).ToString());
    }
}
