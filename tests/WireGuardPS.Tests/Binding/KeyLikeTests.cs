using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Tests.Binding;

public sealed class KeyLikeTests
{
    [Theory]
    [InlineData("PrivateKey = {0}")]
    [InlineData("PresharedKey={0}")]
    [InlineData("{0}")]
    [InlineData(" {0}\r")]
    [InlineData("/root/PrivateKey = {0}")]
    [InlineData("/root/{0}")]
    [InlineData("export KEY={0}")]
    [InlineData("key {0} # laptop")]
    public void Keys_are_found_wherever_they_are(string form)
    {
        for (var i = 0; i < 200; i++)
        {
            using var key = SecretKey.Random();
            var text = string.Format(null, form, key.ToBase64());
            Assert.True(KeyLike.IsIn(text), text);
            Assert.Equal(KeyLike.Hidden, KeyLike.Shown(text));
        }
    }

    [Fact]
    public void Keys_that_lost_an_end_are_found() => Assert.All(
        new[] { Keys.Private[..43], Keys.Private[..30], Keys.Private[8..], "PrivateKey = " + Keys.Private[..10], "key=" + Keys.Private[..25] },
        t => Assert.True(KeyLike.IsIn(t), t));

    [Theory]
    [InlineData("/etc/wireguard/wg0.conf")]
    [InlineData("./wg0.conf")]
    [InlineData("wg0")]
    [InlineData("/home/administrator/projects/wireguard/configurations/site-north.conf")]
    [InlineData("/tmp/3d0c5bd17f0e4a579f0b5a4c0c8f6f2e/wg0.conf")]
    [InlineData("/srv/site=northampton/wg0.conf")]
    [InlineData("Address = 10.0.0.1/24")]
    [InlineData("AllowedIPs = 10.0.0.0/8, fd00::/64")]
    [InlineData("")]
    public void Paths_and_other_lines_are_shown(string text) => Assert.Equal(text, KeyLike.Shown(text));

    [Fact]
    public void Malformed_arguments_do_not_show_a_key()
    {
        Assert.DoesNotContain(Keys.Private, Message(() => PeerArguments.ParseEndpoint(Keys.Private)), StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Private, Message(() => PeerArguments.ParseAllowedIPs([Keys.Private])), StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Private, Message(() => ConfigCheck.TunnelOf("/root/PrivateKey = " + Keys.Private)), StringComparison.Ordinal);
    }

    private static string Message(Func<object> work) => Assert.Throws<WgException>(() => { work(); }).ToString();
}
