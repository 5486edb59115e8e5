using System.Buffers;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Tun;

/// <summary>The control calls of /dev/net/tun, and what their errors mean to people.</summary>
internal static unsafe class LinuxTun
{
    private const string DevicePath = "/dev/net/tun";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=+.-");

    /// <summary>What wg-quick allows, less the two names that sysfs cannot have.</summary>
    /// <exception cref="TunException"/>
    public static void ValidateName(string name)
    {
        if (name.Length is 0 or > Libc.MaxInterfaceName || name is "." or ".." || name.AsSpan().ContainsAnyExcept(NameCharacters))
            throw new TunException(TunError.InvalidName, $"\"{name}\" is not an interface name: 1 to 15 letters, digits or any of _ = + . -");
    }

    /// <summary>A new interface's descriptor, non-blocking.</summary>
    /// <exception cref="TunException"/>
    public static int OpenNew(string name)
    {
        if (Libc.InterfaceIndex(name) != 0)
            throw NameInUse(name);
        var descriptor = Libc.Open(DevicePath, Libc.O_RDWR | Libc.O_NONBLOCK);
        if (descriptor < 0)
            throw CannotOpen(Libc.LastError);
        // Without EXCL the kernel would attach to a persistent TUN of that name that appeared since the check.
        var request = new InterfaceRequest(name) { Flags = Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_TUN_EXCL };
        if (Libc.Ioctl(descriptor, Libc.TUNSETIFF, &request) >= 0)
            return descriptor;
        var error = Libc.LastError;
        _ = Libc.Close(descriptor);
        throw error switch
        {
            Errno.EBUSY or Errno.EEXIST => NameInUse(name),
            Errno.EPERM or Errno.EACCES => AccessDenied(error),
            _ => Failed($"Cannot make interface {name}", "ioctl(TUNSETIFF)", error),
        };
    }

    /// <summary>Checks a descriptor from elsewhere, makes it non-blocking and close-on-exec, and gives its interface's name.</summary>
    /// <exception cref="TunException"/>
    public static string TakeOver(int descriptor)
    {
        var request = default(InterfaceRequest);
        if (Libc.Ioctl(descriptor, Libc.TUNGETIFF, &request) < 0)
        {
            var failure = LinuxException.FromLastError("ioctl(TUNGETIFF)");
            throw new TunException(TunError.WrongDescriptor, $"Descriptor {descriptor} is not a TUN device: {failure.Reason}", failure);
        }
        if ((request.Flags & Libc.IFF_TUN) == 0)
            throw new TunException(TunError.WrongDescriptor, $"Descriptor {descriptor} ({request.Name}) carries Ethernet frames (TAP), not IP packets (TUN).");
        if ((request.Flags & Libc.IFF_NO_PI) == 0 || (request.Flags & Libc.IFF_VNET_HDR) != 0)
            throw new TunException(TunError.WrongDescriptor, $"Descriptor {descriptor} ({request.Name}) puts a header before each packet; open it with IFF_NO_PI and without IFF_VNET_HDR.");
        if (!Libc.SetNonBlockingAndCloseOnExec(descriptor))
            throw Failed($"Cannot take over descriptor {descriptor}", "fcntl", Libc.LastError);
        return request.Name;
    }

    /// <exception cref="TunException"/>
    public static void SetMtu(string name, int mtu)
    {
        var request = new InterfaceRequest(name) { Value = mtu };
        var error = ControlByName(Libc.SIOCSIFMTU, &request);
        if (error != 0)
            throw Failed($"Cannot set the MTU of {name} to {mtu}", "ioctl(SIOCSIFMTU)", error);
    }

    /// <summary>In the calling thread's network namespace; null when the interface is not there.</summary>
    public static int? GetMtu(string name)
    {
        var request = new InterfaceRequest(name);
        return ControlByName(Libc.SIOCGIFMTU, &request) == 0 ? request.Value : null;
    }

    /// <summary>
    /// No link-local address comes by itself, as on the kernel's WireGuard interfaces: its router solicitations and
    /// multicast reports would only be packets that no peer takes.
    /// </summary>
    public static void DisableAutomaticLinkLocal(string name, EngineLog log)
    {
        try
        {
            using var netlink = NetlinkSocket.Open();
            var mode = NetlinkRequest.Nested(IFLA_INET6_ADDR_GEN_MODE, [IN6_ADDR_GEN_MODE_NONE]);
            var inet6 = NetlinkRequest.Nested(Libc.AF_INET6 | NetlinkConstants.NLA_F_NESTED, mode);
            var link = new LinkMessage { Index = (int)Libc.InterfaceIndex(name) };
            netlink.Execute(NetlinkRequest.Create(RTM_NEWLINK, 0, link).Add(IFLA_AF_SPEC | NetlinkConstants.NLA_F_NESTED, inet6), "RTM_NEWLINK");
        }
        catch (LinuxException exception)
        {
            // A host without IPv6 has no such mode.
            log.Verbose($"{name}: automatic link-local addresses stay on: {exception.Reason}");
        }
    }

    private static int ControlByName(nuint operation, InterfaceRequest* request)
    {
        var socket = Libc.Socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (socket < 0)
            return Libc.LastError;
        var error = Libc.Ioctl(socket, operation, request) < 0 ? Libc.LastError : 0;
        _ = Libc.Close(socket);
        return error;
    }

    private static TunException CannotOpen(int error) => error switch
    {
        Errno.EACCES or Errno.EPERM => AccessDenied(error),
        Errno.ENOENT or Errno.ENXIO or Errno.ENODEV => new TunException(
            TunError.NotAvailable,
            $"{DevicePath} is not there: load the tun module (modprobe tun) or give the container the device.",
            new LinuxException($"open({DevicePath})", error)),
        _ => Failed($"Cannot open {DevicePath}", $"open({DevicePath})", error),
    };

    private static TunException AccessDenied(int error) => new(
        TunError.AccessDenied,
        "A TUN interface needs root or CAP_NET_ADMIN, and access to " + DevicePath + ".",
        new LinuxException(DevicePath, error));

    private static TunException NameInUse(string name) => new(TunError.NameInUse, $"Interface {name} exists already.");

    private static TunException Failed(string what, string call, int error)
    {
        var inner = new LinuxException(call, error);
        return new TunException(TunError.Failed, $"{what}: {inner.Reason}", inner);
    }
}
