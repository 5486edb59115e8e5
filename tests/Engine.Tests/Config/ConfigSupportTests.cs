using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigSupportTests
{
    private const string Interface = "[Interface]\nPrivateKey = " + TestKeys.Private + "\n";

    [Fact]
    public void Names_each_hook_that_is_not_run()
    {
        using var config = ConfigParser.Parse(Interface + "PostUp = a\nPreUp = b\nPostUp = c\nPreDown = d\nPostDown = e\n", "wg0.conf").Config!;
        var warnings = ConfigSupport.HooksNotRun(config, "of a reason");
        Assert.Equal([(3, "PostUp"), (4, "PreUp"), (5, "PostUp"), (6, "PreDown"), (7, "PostDown")], warnings.Select(d => (d.Line, d.Message.Split(' ')[0])));
        Assert.Equal("wg0.conf:4:9: warning: PreUp is not run: of a reason.", warnings[1].ToString());
    }

    [Fact]
    public void Names_the_peer_that_is_the_tunnel_itself()
    {
        using var config = ConfigParser.Parse(Interface + $"[Peer]\nPublicKey = {TestKeys.PeerA}\n[Peer]\nPublicKey = {TestKeys.PeerB}\n", "wg0.conf").Config!;
        var warning = Assert.Single(ConfigSupport.OwnPeer(config, PublicKey.Parse(TestKeys.PeerB)));
        Assert.StartsWith("wg0.conf:6:13: warning: This is the tunnel's own public key", warning.ToString(), StringComparison.Ordinal);
        Assert.Empty(ConfigSupport.OwnPeer(config, PublicKey.Parse(TestKeys.Private)));
    }

    [Fact]
    public void A_save_that_cannot_be_is_named_where_it_is_asked_for()
    {
        using var config = ConfigParser.Parse(Interface + "SaveConfig = true\n", "wg0.conf").Config!;
        Assert.Equal("wg0.conf:3:14: warning: SaveConfig has no effect, because of a reason.", ConfigSupport.NotSaved(config, "of a reason").ToString());
    }
}
