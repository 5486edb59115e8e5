using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>TUN, UDP, poll and rtnetlink of Linux.</summary>
/// <param name="offloads">Of TUN and UDP.</param>
/// <param name="namespaces">Null: everything happens where the calling thread is.</param>
internal sealed class LinuxPlatform(OffloadChoice offloads, TunnelNamespaces? namespaces = null) : ITunnelPlatform
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(6);

    public ITunDevice OpenTun(string name, int? mtu, int? descriptor, int queues, EngineLog log)
    {
        if (offloads.LeftOff is { } leftOff)
            log.Information($"{leftOff} ({OffloadChoice.Variable})");
        return descriptor is { } open ? LinuxTunDevice.FromFileDescriptor(open, log, offloads.Tun)
            : namespaces is null ? Create()
            : namespaces.Interface.Run(Create);

        LinuxTunDevice Create() => LinuxTunDevice.Create(name, mtu, log, offloads.Tun, queues);
    }

    public IUdpBind CreateBind(int lanes, EngineLog log) => new LinuxUdpBind(log, offloads.Udp, lanes, namespaces?.Sockets);

    public ILaneIo CreateLane(ITunQueue tun, IUdpSocket udp) => new LinuxLaneIo((LinuxTunQueue)tun, (LinuxUdpSocket)udp);

    // `down` waits for the end, and longer than for these two.
    public void RunHook(HookPoint point, string command, EngineLog log, CancellationToken cancel) =>
        HookShell.Run(point, command, point is HookPoint.PreUp or HookPoint.PostUp ? s_startLimit : s_endLimit, log, cancel);

    public string? ObjectionToSaving(string path) => SavedFile.Objection(path);

    public void ReplaceFile(string path, ReadOnlySpan<byte> content, bool forOwnerAlone) => SavedFile.Replace(path, content, forOwnerAlone);

    public TimeProvider Clock { get; } = new BootTimeProvider();

    public void CloseAgain(string tunnel, string stateDirectory, HostChoices choices, EngineLog log) =>
        DeadEngine.CloseAgain(tunnel, stateDirectory, choices, log);

    public IHostNetwork CreateNetwork(string tunnel, string stateDirectory, EngineLog log) => namespaces is null
        ? new InterfaceConfigurator(tunnel, stateDirectory, log)
        : new NamespacedNetwork(namespaces.Interface, () => new InterfaceConfigurator(tunnel, stateDirectory, log, namespaces.Place));
}
