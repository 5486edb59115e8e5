using WireGuard.Engine.Hosting;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>WIREGUARD_ENGINE_OFFLOAD turns off what it says and nothing else.</summary>
public sealed class OffloadSwitchTests : IDisposable
{
    private const int Bytes = 4 << 20;

    /// <summary>Packets that so many bytes take one by one, at least.</summary>
    private const int Packets = Bytes / 1420;

    private readonly EnginePair _pair = new();

    [InteropTheory]
    [InlineData("on", true, true)]
    [InlineData("off", false, false)]
    [InlineData("tun", true, false)]
    [InlineData("udp", false, true)]
    public void A_side_without_offloads_carries_each_packet_by_itself(string value, bool tun, bool udp)
    {
        _pair.One.LimitOffloads(value);
        _pair.Up();
        Assert.Equal(tun, TunFlag("vnet_hdr"));
        Traffic.Transfer(_pair.One, _pair.Two, _pair.Two.InnerIPv4, Bytes);
        // What is cut later is one packet to the device.
        Assert.Equal(tun, Sent(_pair.One.Interface) < Packets);
        Assert.Equal(udp, Sent("eth0") < Packets);

        var log = File.ReadAllText(Path.ChangeExtension(_pair.One.ControlSocket, ".log"));
        Assert.Equal(value != "on", log.Contains(OffloadChoice.Variable, StringComparison.Ordinal));
    }

    public void Dispose() => _pair.Dispose();

    private long Sent(string link) => TunnelPair.Statistic(_pair.One.Namespace, link, "tx_packets");

    private bool TunFlag(string name) => _pair.One.Namespace.IpJson("link", "show", "dev", _pair.One.Interface).Single()
        .GetProperty("linkinfo").GetProperty("info_data").GetProperty(name).GetBoolean();
}
