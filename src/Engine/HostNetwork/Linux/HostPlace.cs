using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Which network namespace a tunnel's interface is in, and what of the tunnel is in another.</summary>
internal sealed record HostPlace
{
    /// <summary>Everything in the engine's.</summary>
    public static HostPlace Own { get; } = new();

    /// <summary>Of the interface's namespace; null: it is the engine's own.</summary>
    public string? Path { get; init; }

    /// <summary>For people.</summary>
    public string Name => NameOf(Path);

    /// <inheritdoc cref="Name"/>
    public static string NameOf(string? path) => path is null ? "this host" : $"the network namespace {path}";

    /// <summary>The engine's; null: it is the interface's.</summary>
    public NamespaceHandle? Engine { get; init; }

    /// <summary>That of the UDP sockets; null: it is the interface's.</summary>
    public NamespaceHandle? Sockets { get; init; }

    /// <summary>The tunnel's own datagrams never meet a route, a rule or a firewall of the interface's namespace.</summary>
    public bool IsApart => Sockets is not null;
}
