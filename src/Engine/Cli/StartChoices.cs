using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Cli;

/// <summary>What whoever starts a tunnel has chosen beyond its configuration file.</summary>
internal sealed record StartChoices
{
    public static StartChoices None { get; } = new();

    /// <summary>The file's commands may run, if root alone could have written them.</summary>
    public bool AllowHooks { get; init; }

    public HostChoices Host { get; init; } = HostChoices.None;

    /// <summary>Name or number of the group whose members may look at the tunnel; null: none.</summary>
    public string? ControlGroup { get; init; }

    /// <summary>They may change it too.</summary>
    public bool ControlGroupWrites { get; init; }

    /// <summary>The network namespace of the interface, by name or absolute path; null: the engine's own.</summary>
    public string? NetNs { get; init; }

    /// <summary>That of the UDP sockets.</summary>
    public string? SocketNetNs { get; init; }

    /// <summary>Lanes; null: one for each processor.</summary>
    public int? Queues { get; init; }

    public int Lanes => Queues ?? Environment.ProcessorCount;
}
