using WireGuard.Engine.Hosting;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Hosting;

public class OffloadChoiceTests
{
    [Theory]
    [InlineData(null, TunOffloads.All, UdpOffloads.All)]
    [InlineData("", TunOffloads.All, UdpOffloads.All)]
    [InlineData("on", TunOffloads.All, UdpOffloads.All)]
    [InlineData(" OFF ", TunOffloads.None, UdpOffloads.None)]
    [InlineData("tun", TunOffloads.All, UdpOffloads.None)]
    [InlineData("udp", TunOffloads.None, UdpOffloads.All)]
    public void A_word_says_which_side_has_them(string? text, TunOffloads tun, UdpOffloads udp)
    {
        var choice = OffloadChoice.Parse(text);
        Assert.Equal((tun, udp), (choice.Tun, choice.Udp));
        Assert.Equal(choice == OffloadChoice.All, choice.LeftOff is null);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("0")]
    [InlineData("tun,udp")]
    public void Another_word_is_refused_with_those_there_are(string text)
    {
        var failure = Assert.Throws<StartException>(() => OffloadChoice.Parse(text));
        Assert.Equal($"WIREGUARD_ENGINE_OFFLOAD is '{text}', which is none of on, off, tun and udp.", failure.Message);
    }
}
