using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>Which tunnel to run, and how.</summary>
public sealed record TunnelHostOptions
{
    public required string Name { get; init; }

    /// <summary>
    /// Null for the drop-in form, where wg-quick or whoever else configures device and interface. The host owns it: its
    /// keys are zeroed once the device has them.
    /// </summary>
    public TunnelConfig? Config { get; init; }

    /// <summary>An open TUN device to use (WG_TUN_FD).</summary>
    public int? TunDescriptor { get; init; }

    /// <summary>A listening UAPI socket to use (WG_UAPI_FD).</summary>
    public int? UapiDescriptor { get; init; }

    /// <summary>The file's commands are run. Whoever says so has seen to it that root alone could have written them.</summary>
    public bool RunsHooks { get; init; }

    /// <summary>Lanes: TUN queues, each with a thread and UDP sockets of its own. A descriptor that was handed over is one.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>Whose members may speak to the tunnel's sockets besides root and the engine's user.</summary>
    public ControlGroup? ControlGroup { get; init; }

    public HostChoices Choices { get; init; } = HostChoices.None;

    /// <summary>The network namespace of the interface, by name or path; null: the engine's. Of the platform; here for who asks.</summary>
    public string? NetNs { get; init; }

    /// <summary>That of the UDP sockets.</summary>
    public string? SocketNetNs { get; init; }

    /// <summary>Null: nobody joins this tunnel by a code or an invitation. Needs <see cref="Config"/>; the tunnel closes it.</summary>
    internal EnrollmentSetup? Enrollment { get; init; }

    /// <summary>As <see cref="TunnelInfo.StartOptions"/>; here for who asks.</summary>
    public IReadOnlyList<string>? StartOptions { get; init; }

    /// <summary>Looks a name up; null: the system's resolver.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>>? LookUp { get; init; }

    public EngineLog Log { get; init; } = EngineLog.None;

    /// <summary>Hears what a start waits for, besides the log.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Hears that the tunnel is being brought to another configuration (true), and that it was, or was not (false).</summary>
    public Action<bool>? Syncing { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string UapiDirectory { get; init; } = ControlProtocol.UapiDirectory;

    public string ControlDirectory { get; init; } = ControlProtocol.Directory;

    /// <summary>How often to try an endpoint's name again; null: without end.</summary>
    public int? EndpointRetries { get; init; } = EndpointResolver.ParseRetries(Environment.GetEnvironmentVariable(EndpointResolver.RetriesVariable));
}
