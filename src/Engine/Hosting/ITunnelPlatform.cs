using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Hosting;

/// <summary>What a tunnel needs of its operating system. The Linux one is in Hosting/Linux; tests bring their own.</summary>
public interface ITunnelPlatform
{
    /// <summary>Makes the interface, down, or takes over a descriptor of one.</summary>
    /// <param name="mtu">Bytes; null: the system's default for tunnels. Of no effect with a descriptor.</param>
    /// <param name="queues">Of a new interface; a descriptor is one.</param>
    /// <exception cref="TunException"/>
    ITunDevice OpenTun(string name, int? mtu, int? descriptor, int queues, EngineLog log);

    IUdpBind CreateBind(int lanes, EngineLog log);

    ILaneIo CreateLane(ITunQueue tun, IUdpSocket udp);

    /// <param name="tunnel">Name of its interface.</param>
    /// <param name="stateDirectory">Where it may write down what has to be undone, should the engine be killed.</param>
    IHostNetwork CreateNetwork(string tunnel, string stateDirectory, EngineLog log);

    /// <summary>A kill switch that an engine of the tunnel has left closed is closed, whatever somebody else has made of it since; unless the engine lives.</summary>
    /// <exception cref="HostNetworkException"/>
    void CloseAgain(string tunnel, string stateDirectory, HostChoices choices, EngineLog log);

    /// <summary>Runs one command of the file by the host's shell, to its end; what it says goes to the log.</summary>
    /// <exception cref="StartException">HookFailed: it ended with another code than 0, or not in time.</exception>
    void RunHook(HookPoint point, string command, EngineLog log, CancellationToken cancel);

    /// <summary>Why a configuration file is not to be written by the engine, as a clause; null: it may be.</summary>
    /// <param name="path">Absolute.</param>
    /// <exception cref="IOException">It cannot be told.</exception>
    string? ObjectionToSaving(string path);

    /// <summary>Gives a file another content, whole or not at all; its owner stays, and nobody gets to read it who could not before.</summary>
    /// <param name="forOwnerAlone">The group may not read it any more.</param>
    /// <exception cref="IOException">The system refused (also UnauthorizedAccessException); the file is as it was.</exception>
    void ReplaceFile(string path, ReadOnlySpan<byte> content, bool forOwnerAlone);

    /// <summary>The protocol's clock: its timestamps go on during suspend.</summary>
    TimeProvider Clock { get; }
}
