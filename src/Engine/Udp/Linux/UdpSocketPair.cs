using System.Buffers.Binary;
using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Udp;

/// <summary>
/// One bound port: an IPv4 and, where the host has it, an IPv6 socket. Immutable; a rebind makes a new pair. Whoever
/// uses the descriptors enters <see cref="Gate"/> first.
/// </summary>
internal sealed unsafe class UdpSocketPair
{
    /// <summary>Enough for a 10 Gbit/s burst of several milliseconds; what wireguard-go asks for too.</summary>
    private const int ReceiveBytes = 7 << 20;

    /// <summary>
    /// What may wait for the link. A queue in front of a slow one is delay for everybody, and in front of a fast one this is most
    /// of a millisecond.
    /// </summary>
    private const int SendBytes = 1 << 20;

    private const int RandomPortAttempts = 100;

    private volatile bool _segments;

    private UdpSocketPair(int ipv4, int ipv6, ushort port)
    {
        IPv4 = ipv4;
        IPv6 = ipv6;
        Port = port;
    }

    public LeaseGate Gate { get; } = new();

    public int IPv4 { get; }

    /// <summary>-1: the host has no IPv6.</summary>
    public int IPv6 { get; }

    public ushort Port { get; }

    /// <summary>Whether several datagrams may go in one message (UDP_SEGMENT).</summary>
    public bool Segments => _segments;

    /// <summary>Binds <paramref name="port"/> in both families; 0: any that is free in both.</summary>
    /// <param name="offloads">What to use of what the kernel has.</param>
    /// <exception cref="SocketException"/>
    public static UdpSocketPair Bind(ushort port, uint fwMark, UdpOffloads offloads)
    {
        for (var attempt = 1; ; attempt++)
        {
            var ipv4 = OpenSocket(Libc.AF_INET, port, fwMark, isBeside: false);
            try
            {
                var bound = BoundPort(ipv4);
                var pair = new UdpSocketPair(ipv4, OpenIPv6OrNone(bound, fwMark, isBeside: false), bound);
                pair.Use(offloads);
                return pair;
            }
            catch (SocketException exception)
            {
                _ = Libc.Close(ipv4);
                // The number that was free in IPv4 is taken in IPv6: draw again.
                if (port != 0 || exception.SocketErrorCode != SocketError.AddressAlreadyInUse || attempt == RandomPortAttempts)
                    throw;
            }
        }
    }

    /// <summary>
    /// Binds more pairs to the port of this one. The kernel gives each remote address and port one of them, so that the
    /// datagrams of a peer stay in order. Only now may the port be shared: had the first socket allowed it when it was bound, a
    /// port that somebody else shares would not have been refused.
    /// </summary>
    /// <param name="offloads">As for <see cref="Bind"/>.</param>
    /// <returns>This pair and the others.</returns>
    /// <exception cref="SocketException">This pair stays open.</exception>
    public UdpSocketPair[] WithBeside(int others, uint fwMark, UdpOffloads offloads)
    {
        List<UdpSocketPair> pairs = [this];
        if (others == 0)
            return [.. pairs];
        Share(IPv4);
        if (IPv6 >= 0)
            Share(IPv6);
        try
        {
            while (pairs.Count <= others)
            {
                var ipv4 = OpenSocket(Libc.AF_INET, Port, fwMark, isBeside: true);
                try
                {
                    pairs.Add(new UdpSocketPair(ipv4, IPv6 >= 0 ? OpenSocket(Libc.AF_INET6, Port, fwMark, isBeside: true) : -1, Port));
                }
                catch
                {
                    _ = Libc.Close(ipv4);
                    throw;
                }
                pairs[^1].Use(offloads);
            }
            return [.. pairs];
        }
        catch
        {
            foreach (var pair in pairs.Skip(1))
                pair.Close(null);
            throw;
        }
    }

    /// <exception cref="SocketException">AccessDenied: CAP_NET_ADMIN is missing.</exception>
    public void SetFwMark(uint fwMark)
    {
        SetMark(IPv4, fwMark);
        if (IPv6 >= 0)
            SetMark(IPv6, fwMark);
    }

    /// <summary>
    /// A message of several datagrams was refused. EMSGSIZE (EINVAL from older kernels) tells that they are longer than the
    /// path's MTU: another run may be shorter. EIO tells that what the route leads through cannot cut them: none is tried again.
    /// </summary>
    public void RunRefused(int error)
    {
        if (error == Errno.EIO)
            _segments = false;
    }

    /// <summary>Waits for the users to leave; the port is free when this returns.</summary>
    public void Close(Action? wakeUsers)
    {
        if (Gate.Shut(wakeUsers))
            CloseDescriptors();
    }

    private void Use(UdpOffloads offloads)
    {
        // Linux has the first since 4.18, the second since 5.0. Before that the control message would be passed over, and
        // a run go out as one datagram; so the option is asked for.
        _segments = offloads.HasFlag(UdpOffloads.Segmentation) && Libc.GetOption(IPv4, Libc.SOL_UDP, Libc.UDP_SEGMENT, out _);
        if (!offloads.HasFlag(UdpOffloads.Coalescing))
            return;
        _ = Libc.SetOption(IPv4, Libc.SOL_UDP, Libc.UDP_GRO, 1);
        if (IPv6 >= 0)
            _ = Libc.SetOption(IPv6, Libc.SOL_UDP, Libc.UDP_GRO, 1);
    }

    private void CloseDescriptors()
    {
        _ = Libc.Close(IPv4);
        if (IPv6 >= 0)
            _ = Libc.Close(IPv6);
    }

    private static void Share(int descriptor) => Require(Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1), "SO_REUSEPORT");

    private static int OpenIPv6OrNone(ushort port, uint fwMark, bool isBeside)
    {
        try
        {
            return OpenSocket(Libc.AF_INET6, port, fwMark, isBeside);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            return -1;
        }
    }

    private static int OpenSocket(int family, ushort port, uint fwMark, bool isBeside)
    {
        var descriptor = Libc.Socket(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (descriptor < 0)
            throw LinuxSocketError.FromLastError("opening a UDP socket");
        try
        {
            SetOptions(descriptor, family);
            SetMark(descriptor, fwMark);
            if (isBeside)
                Share(descriptor);
            BindAny(descriptor, family, port);
            return descriptor;
        }
        catch
        {
            _ = Libc.Close(descriptor);
            throw;
        }
    }

    private static void SetOptions(int descriptor, int family)
    {
        // Fragments are let through as the kernel's WireGuard lets them (it clears DF): a tunnel whose MTU was set too high
        // for the path then loses speed, not every large packet; the inner packets' own path MTU discovery is what counts.
        if (family == Libc.AF_INET)
        {
            Require(Libc.SetOption(descriptor, Libc.SOL_IP, Libc.IP_PKTINFO, 1), "IP_PKTINFO");
            Require(Libc.SetOption(descriptor, Libc.SOL_IP, Libc.IP_RECVTOS, 1), "IP_RECVTOS");
            Require(Libc.SetOption(descriptor, Libc.SOL_IP, Libc.IP_MTU_DISCOVER, Libc.IP_PMTUDISC_DONT), "IP_MTU_DISCOVER");
        }
        else
        {
            Require(Libc.SetOption(descriptor, Libc.SOL_IPV6, Libc.IPV6_V6ONLY, 1), "IPV6_V6ONLY");
            Require(Libc.SetOption(descriptor, Libc.SOL_IPV6, Libc.IPV6_RECVPKTINFO, 1), "IPV6_RECVPKTINFO");
            Require(Libc.SetOption(descriptor, Libc.SOL_IPV6, Libc.IPV6_RECVTCLASS, 1), "IPV6_RECVTCLASS");
            Require(Libc.SetOption(descriptor, Libc.SOL_IPV6, Libc.IPV6_MTU_DISCOVER, Libc.IPV6_PMTUDISC_DONT), "IPV6_MTU_DISCOVER");
        }
        // The plain option stops at rmem_max and wmem_max; the forced one needs CAP_NET_ADMIN.
        if (!Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, ReceiveBytes))
            _ = Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, ReceiveBytes);
        if (!Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, SendBytes))
            _ = Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUF, SendBytes);
    }

    private static void Require(bool done, string option)
    {
        if (!done)
            throw LinuxSocketError.FromLastError($"setting {option}");
    }

    private static void SetMark(int descriptor, uint fwMark)
    {
        // Setting needs CAP_NET_ADMIN, even to what it is already; reading does not.
        if (Libc.GetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_MARK, out var current) && (uint)current == fwMark)
            return;
        Require(Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_MARK, (int)fwMark), $"the firewall mark 0x{fwMark:x}");
    }

    private static void BindAny(int descriptor, int family, ushort port)
    {
        var portBigEndian = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;
        int result;
        if (family == Libc.AF_INET)
        {
            var address = new SocketAddressIPv4 { Family = Libc.AF_INET, PortBigEndian = portBigEndian };
            result = Libc.Bind(descriptor, &address, (uint)sizeof(SocketAddressIPv4));
        }
        else
        {
            var address = new SocketAddressIPv6 { Family = Libc.AF_INET6, PortBigEndian = portBigEndian };
            result = Libc.Bind(descriptor, &address, (uint)sizeof(SocketAddressIPv6));
        }
        if (result != 0)
            throw LinuxSocketError.FromLastError($"binding UDP port {port} in IPv{(family == Libc.AF_INET ? 4 : 6)}");
    }

    private static ushort BoundPort(int descriptor)
    {
        var address = default(SocketAddressIPv4);
        var length = (uint)sizeof(SocketAddressIPv4);
        if (Libc.GetSocketName(descriptor, &address, &length) != 0)
            throw LinuxSocketError.FromLastError("reading the bound port");
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address.PortBigEndian) : address.PortBigEndian;
    }
}
