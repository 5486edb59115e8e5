namespace WireGuard.Engine.Tun;

public enum TunError
{
    /// <summary>The host has no TUN: no /dev/net/tun, or the driver is not loaded.</summary>
    NotAvailable,

    /// <summary>CAP_NET_ADMIN, or access to /dev/net/tun, is missing.</summary>
    AccessDenied,

    /// <summary>An interface of that name exists, of whatever kind.</summary>
    NameInUse,

    /// <summary>Not a name that Linux takes.</summary>
    InvalidName,

    /// <summary>A descriptor that was handed over is no TUN device, or one in a mode that is not read here.</summary>
    WrongDescriptor,

    /// <summary>Anything else; the message tells.</summary>
    Failed,
}

/// <summary>A TUN device that could not be made or taken over; the message is for people.</summary>
public sealed class TunException(TunError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public TunError Error { get; } = error;
}
