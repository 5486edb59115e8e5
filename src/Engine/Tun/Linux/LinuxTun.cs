using System.Buffers;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using WireGuard.Engine.Offload;
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
    /// <param name="name">Of the interface.</param>
    /// <param name="withHeader">With a virtio_net_hdr before each packet, where the kernel can.</param>
    /// <param name="isFirstOfSeveral">It is one queue, and <see cref="OpenBeside"/> may add more. The kernel then looks each flow up.</param>
    /// <exception cref="TunException"/>
    public static int OpenNew(string name, bool withHeader = false, bool isFirstOfSeveral = false)
    {
        if (Libc.InterfaceIndex(name) != 0)
            throw NameInUse(name);
        var descriptor = Libc.Open(DevicePath, Libc.O_RDWR | Libc.O_NONBLOCK);
        if (descriptor < 0)
            throw CannotOpen(Libc.LastError);
        // Without EXCL the kernel would attach to a persistent TUN of that name that appeared since the check.
        const short AlwaysFlags = Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_TUN_EXCL;
        var flags = isFirstOfSeveral ? (short)(AlwaysFlags | Libc.IFF_MULTI_QUEUE) : AlwaysFlags;
        var request = new InterfaceRequest(name) { Flags = withHeader ? (short)(flags | Libc.IFF_VNET_HDR) : flags };
        if (Libc.Ioctl(descriptor, Libc.TUNSETIFF, &request) >= 0)
            return descriptor;
        if (withHeader && Libc.LastError == Errno.EINVAL)
        {
            request = new InterfaceRequest(name) { Flags = flags };
            if (Libc.Ioctl(descriptor, Libc.TUNSETIFF, &request) >= 0)
                return descriptor;
        }
        var error = Libc.LastError;
        _ = Libc.Close(descriptor);
        throw error switch
        {
            Errno.EBUSY or Errno.EEXIST => NameInUse(name),
            Errno.EPERM or Errno.EACCES => AccessDenied(error),
            _ => Failed($"Cannot make interface {name}", "ioctl(TUNSETIFF)", error),
        };
    }

    /// <summary>Another queue of the interface behind a descriptor that <see cref="OpenNew"/> gave, non-blocking.</summary>
    /// <exception cref="TunException"/>
    public static int OpenBeside(int first, string name)
    {
        const short Kept = Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_VNET_HDR | Libc.IFF_MULTI_QUEUE;
        var request = default(InterfaceRequest);
        if (Libc.Ioctl(first, Libc.TUNGETIFF, &request) < 0)
            throw Failed($"Cannot add a queue to interface {name}", "ioctl(TUNGETIFF)", Libc.LastError);
        var descriptor = Libc.Open(DevicePath, Libc.O_RDWR | Libc.O_NONBLOCK);
        if (descriptor < 0)
            throw CannotOpen(Libc.LastError);
        request = new InterfaceRequest(name) { Flags = (short)(request.Flags & Kept) };
        if (Libc.Ioctl(descriptor, Libc.TUNSETIFF, &request) >= 0)
            return descriptor;
        var error = Libc.LastError;
        _ = Libc.Close(descriptor);
        throw Failed($"Cannot add a queue to interface {name}", "ioctl(TUNSETIFF)", error);
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
        if ((request.Flags & Libc.IFF_NO_PI) == 0)
            throw new TunException(TunError.WrongDescriptor, $"Descriptor {descriptor} ({request.Name}) puts packet information before each packet; open it with IFF_NO_PI.");
        if (!Libc.SetNonBlockingAndCloseOnExec(descriptor))
            throw Failed($"Cannot take over descriptor {descriptor}", "fcntl", Libc.LastError);
        return request.Name;
    }

    /// <summary>Asks the kernel for the offloads that are wanted, in steps down to what it has.</summary>
    public static TunFeatures Negotiate(int descriptor, TunOffloads wanted)
    {
        var request = default(InterfaceRequest);
        var size = 0;
        if (Libc.Ioctl(descriptor, Libc.TUNGETIFF, &request) < 0 || (request.Flags & Libc.IFF_VNET_HDR) == 0
            || Libc.Ioctl(descriptor, Libc.TUNGETVNETHDRSZ, &size) < 0)
            return default;
        // Another owner may have had use for a longer header; there is no room for it before a packet.
        if (size != VirtioHeader.Size && SetHeaderSize(VirtioHeader.Size))
            size = VirtioHeader.Size;
        const int Tcp = Libc.TUN_F_CSUM | Libc.TUN_F_TSO4 | Libc.TUN_F_TSO6;
        const int Udp = Libc.TUN_F_USO4 | Libc.TUN_F_USO6;
        if (wanted.HasFlag(TunOffloads.Tcp | TunOffloads.Udp) && Set(Tcp | Udp))
            return new TunFeatures(size, true, true);
        if (wanted.HasFlag(TunOffloads.Tcp) && Set(Tcp))
            return new TunFeatures(size, true, false);
        // Another owner may have asked for more.
        Set(0);
        return new TunFeatures(size, false, false);

        bool SetHeaderSize(int bytes) => Libc.Ioctl(descriptor, Libc.TUNSETVNETHDRSZ, &bytes) >= 0;

        bool Set(int offloads) => Libc.IoctlNumber(descriptor, Libc.TUNSETOFFLOAD, (nuint)offloads) >= 0;
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
