namespace WireGuard.Engine.Hosting;

/// <summary>Why a tunnel did not start; the names are the stable error ids of <see cref="Api.StartReport"/>.</summary>
public enum StartErrorId
{
    /// <summary>An engine, a socket or a network interface of that name is there.</summary>
    TunnelExists,

    /// <summary>The file has errors; the message lists them all.</summary>
    ConfigInvalid,

    ConfigNotFound,

    /// <summary>Root, or CAP_NET_ADMIN, is needed.</summary>
    AccessDenied,

    /// <summary>/dev/net/tun is missing or refuses.</summary>
    TunNotAvailable,

    /// <summary>The UDP port is taken.</summary>
    AddressInUse,

    /// <summary>An endpoint's name has no address.</summary>
    EndpointUnresolved,

    /// <summary>The kernel refused an address, the MTU or a route.</summary>
    HostNetworkFailed,

    /// <summary>A command of the file (PreUp, PostUp) failed.</summary>
    HookFailed,

    /// <summary>libsodium is missing.</summary>
    CryptoUnavailable,

    /// <summary>What the start asks for beyond the file is not there: a group, a network namespace.</summary>
    InvalidValue,

    /// <summary>What an enrollment server keeps is damaged, in use or not safe; the message says which. Nothing of it was changed.</summary>
    StateUnusable,

    /// <summary>It was not ready in time and was ended.</summary>
    EngineTimeout,

    /// <summary>Everything else.</summary>
    EngineFailed,
}

/// <summary>A start that failed; everything done before is undone. The message is for people.</summary>
public sealed class StartException(StartErrorId id, string message, Exception? inner = null) : Exception(message, inner)
{
    public StartErrorId Id { get; } = id;
}
