using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>Results of UAPI operations: errno numbers of Linux, negative, as wg(8) expects them on every system.</summary>
internal static class UapiErrno
{
    internal const int Success = 0;

    /// <summary>EIO: the system refused something, or an internal error.</summary>
    internal const int InputOutput = -5;

    /// <summary>EACCES.</summary>
    internal const int Access = -13;

    /// <summary>EBUSY: the tunnel is still starting.</summary>
    internal const int Busy = -16;

    /// <summary>EINVAL: unknown key or bad value.</summary>
    internal const int Invalid = -22;

    /// <summary>EPROTO: not of the protocol's form.</summary>
    internal const int Protocol = -71;

    /// <summary>EADDRINUSE: the port is taken.</summary>
    internal const int AddressInUse = -98;

    internal static int From(DeviceChangeError error) => error switch
    {
        DeviceChangeError.AddressInUse => AddressInUse,
        DeviceChangeError.AccessDenied => Access,
        DeviceChangeError.SocketFailed => InputOutput,
        _ => Invalid,
    };
}
