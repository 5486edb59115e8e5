using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>TUN, UDP, poll and rtnetlink of Linux.</summary>
/// <param name="offloads">Of TUN and UDP.</param>
internal sealed class LinuxPlatform(OffloadChoice offloads) : ITunnelPlatform
{
    public ITunDevice OpenTun(string name, int? mtu, int? descriptor, EngineLog log)
    {
        if (offloads.LeftOff is { } leftOff)
            log.Information($"{leftOff} ({OffloadChoice.Variable})");
        return descriptor is { } open
            ? LinuxTunDevice.FromFileDescriptor(open, log, offloads.Tun)
            : LinuxTunDevice.Create(name, mtu, log, offloads.Tun);
    }

    public IUdpBind CreateBind(EngineLog log) => new LinuxUdpBind(log, offloads.Udp);

    public ILaneIo CreateLane(ITunQueue tun, IUdpSocket udp) => new LinuxLaneIo((LinuxTunQueue)tun, (LinuxUdpSocket)udp);

    public TimeProvider Clock { get; } = new BootTimeProvider();

    public IHostNetwork CreateNetwork(string tunnel, string stateDirectory, EngineLog log) => new InterfaceConfigurator(tunnel, stateDirectory, log);
}
