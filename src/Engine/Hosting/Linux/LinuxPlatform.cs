using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>TUN, UDP, poll and rtnetlink of Linux.</summary>
internal sealed class LinuxPlatform : ITunnelPlatform
{
    public ITunDevice OpenTun(string name, int? mtu, int? descriptor, EngineLog log) => descriptor is { } open
        ? LinuxTunDevice.FromFileDescriptor(open, log)
        : LinuxTunDevice.Create(name, mtu, log);

    public IUdpBind CreateBind(EngineLog log) => new LinuxUdpBind(log);

    public ILaneIo CreateLane(ITunQueue tun, IUdpSocket udp) => new LinuxLaneIo((LinuxTunQueue)tun, (LinuxUdpSocket)udp);

    public TimeProvider Clock { get; } = new BootTimeProvider();

    public IHostNetwork CreateNetwork(string tunnel, string stateDirectory, EngineLog log) => new InterfaceConfigurator(tunnel, stateDirectory, log);
}
