using System.ComponentModel;
using System.Runtime.InteropServices;

namespace WireGuard.Tests.Identity;

/// <summary>The calls behind <see cref="PacketTap"/> (packet(7)) and <see cref="LinkOffloads"/>; the tests' own.</summary>
internal static unsafe partial class PacketSocketCalls
{
    private const int AddressFamilyPacket = 17;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const ushort AllProtocols = 0x0300; // ETH_P_ALL, big-endian
    private const int SolSocket = 1;
    private const int ReceiveTimeout = 20;
    private const int ReceiveBufferForce = 33;
    private const int SolPacket = 263;
    private const int PacketStatistics = 6;
    private const int PacketVnetHeader = 15;
    private const byte Outgoing = 4;
    private const nuint EthtoolControl = 0x8946;

    /// <summary>A socket that gets every packet of the link from now on, a virtio_net_hdr before each.</summary>
    public static int Open(int link)
    {
        var descriptor = Socket(AddressFamilyPacket, Raw | CloseOnExec, 0);
        Check(descriptor, "socket");
        Set(descriptor, SolPacket, PacketVnetHeader, 1);
        Set(descriptor, SolSocket, ReceiveBufferForce, 64 << 20);
        var timeout = stackalloc long[] { 0, 50_000 };
        Check(SetOption(descriptor, SolSocket, ReceiveTimeout, timeout, 16), "SO_RCVTIMEO");
        var address = new LinkAddress { Family = AddressFamilyPacket, Protocol = AllProtocols, Link = link };
        Check(Bind(descriptor, &address, (uint)sizeof(LinkAddress)), "bind");
        return descriptor;
    }

    /// <summary>Bytes of the next packet; 0: none came.</summary>
    public static int Receive(int descriptor, Span<byte> buffer, out bool isOutgoing)
    {
        LinkAddress address;
        var length = (uint)sizeof(LinkAddress);
        fixed (byte* data = buffer)
        {
            var received = ReceiveFrom(descriptor, data, (nuint)buffer.Length, 0, &address, &length);
            isOutgoing = address.PacketType == Outgoing;
            return Math.Max(0, (int)received);
        }
    }

    /// <summary>Packets that found no room since the last time.</summary>
    public static uint Dropped(int descriptor)
    {
        var statistics = stackalloc uint[2];
        var length = 8u;
        Check(GetOption(descriptor, SolPacket, PacketStatistics, statistics, &length), "PACKET_STATISTICS");
        return statistics[1];
    }

    /// <summary>A command of ethtool with a number, in the calling thread's namespace.</summary>
    public static void Ethtool(string link, uint command, uint value)
    {
        var descriptor = Socket(2, 2 | CloseOnExec, 0);
        Check(descriptor, "socket");
        var data = stackalloc uint[] { command, value };
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        System.Text.Encoding.ASCII.GetBytes(link, new Span<byte>(request, 15));
        *(uint**)(request + 16) = data;
        var result = Control(descriptor, EthtoolControl, request);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result < 0)
            throw new Win32Exception(error, $"ethtool {command} of {link}");
    }

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    private static void Set(int descriptor, int level, int option, int value) =>
        Check(SetOption(descriptor, level, option, &value, sizeof(int)), $"setsockopt({option})");

    private static void Check(int result, string what)
    {
        if (result < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int descriptor, LinkAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int descriptor, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(int descriptor, byte* data, nuint length, int flags, LinkAddress* address, uint* addressLength);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint operation, byte* request);

    [StructLayout(LayoutKind.Sequential)]
    private struct LinkAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int Link;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }
}
