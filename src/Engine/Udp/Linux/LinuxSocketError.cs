using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Udp;

/// <summary>errno of a socket call as the exception that <see cref="IUdpBind"/> promises.</summary>
internal static class LinuxSocketError
{
    /// <param name="doing">"binding UDP port 51820 in IPv4".</param>
    public static SocketException FromLastError(string doing)
    {
        var error = Libc.LastError;
        return new SocketException((int)Map(error), $"{doing}: {LinuxException.Describe(error)}");
    }

    private static SocketError Map(int error) => error switch
    {
        Errno.EADDRINUSE => SocketError.AddressAlreadyInUse,
        Errno.EACCES or Errno.EPERM => SocketError.AccessDenied,
        Errno.EADDRNOTAVAIL => SocketError.AddressNotAvailable,
        Errno.EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        Errno.EMFILE or Errno.ENFILE => SocketError.TooManyOpenSockets,
        Errno.ENOBUFS or Errno.ENOMEM => SocketError.NoBufferSpaceAvailable,
        Errno.EINVAL => SocketError.InvalidArgument,
        _ => SocketError.SocketError,
    };
}
