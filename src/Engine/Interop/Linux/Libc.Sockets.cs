using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Sockets and their options.</summary>
internal static unsafe partial class Libc
{
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;

    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;

    public const int SOL_IP = 0;
    public const int SOL_SOCKET = 1;
    public const int SOL_UDP = 17;
    public const int SOL_IPV6 = 41;
    public const int SOL_NETLINK = 270;

    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_REUSEPORT = 15;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int SO_MARK = 36;
    public const int SO_NETNS_COOKIE = 71;

    public const int IP_TOS = 1;
    public const int IP_PKTINFO = 8;
    public const int IP_MTU_DISCOVER = 10;
    public const int IP_RECVTOS = 13;
    public const int IP_PMTUDISC_DONT = 0;

    public const int IPV6_MTU_DISCOVER = 23;
    public const int IPV6_V6ONLY = 26;
    public const int IPV6_RECVPKTINFO = 49;
    public const int IPV6_PKTINFO = 50;
    public const int IPV6_RECVTCLASS = 66;
    public const int IPV6_TCLASS = 67;
    public const int IPV6_PMTUDISC_DONT = 0;

    public const int UDP_SEGMENT = 103;
    public const int UDP_GRO = 104;

    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;

    public const int MSG_DONTWAIT = 0x40;

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, void* address, uint length);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int descriptor, void* address, uint* length);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, void* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, void* buffer, nuint length, int flags);

    /// <summary>setsockopt(2) with an int, as nearly all options have it. False: errno tells why.</summary>
    public static bool SetOption(int descriptor, int level, int option, int value) =>
        SetSocketOption(descriptor, level, option, &value, sizeof(int)) == 0;

    /// <summary>
    /// What tells the calling thread's network namespace from all others of this boot, those that are gone included, of
    /// which its inode may be one's. False: the kernel does not know (before 5.14).
    /// </summary>
    public static bool TryGetNamespaceCookie(out ulong cookie)
    {
        cookie = 0;
        var descriptor = Socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
            return false;
        ulong value;
        uint length = sizeof(ulong);
        var ok = GetSocketOption(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &value, &length) == 0 && length == sizeof(ulong);
        _ = Close(descriptor);
        cookie = ok ? value : 0;
        return ok;
    }

    /// <summary>getsockopt(2) with an int.</summary>
    public static bool GetOption(int descriptor, int level, int option, out int value)
    {
        int result;
        uint length = sizeof(int);
        var ok = GetSocketOption(descriptor, level, option, &result, &length) == 0;
        value = ok ? result : 0;
        return ok;
    }

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSocketOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSocketOption(int descriptor, int level, int option, void* value, uint* length);
}

/// <summary>struct sockaddr_in; port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketAddressIPv4
{
    public ushort Family;
    public ushort PortBigEndian;
    public uint Address;
    private readonly ulong _padding;
}

/// <summary>struct sockaddr_in6; port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SocketAddressIPv6
{
    public ushort Family;
    public ushort PortBigEndian;
    public uint FlowInfo;
    public ulong AddressHigh;
    public ulong AddressLow;
    public uint ScopeId;
}

/// <summary>struct sockaddr_nl.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketAddressNetlink
{
    public ushort Family;
    private readonly ushort _padding;
    public uint PortId;
    public uint Groups;
}
