using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Many datagrams a call, with control messages.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMessages(int descriptor, MessageHeaderWithLength* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMessages(int descriptor, MessageHeaderWithLength* messages, uint count, int flags);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public void* Base;
    public nuint Length;
}

/// <summary>struct msghdr as the kernel has it (glibc too; musl's int-and-padding pairs agree on little endian).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>struct mmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeaderWithLength
{
    public MessageHeader Header;

    /// <summary>Bytes received or sent.</summary>
    public uint Length;
}

/// <summary>struct cmsghdr; its data follows, and the next begins at the next multiple of a pointer's size.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ControlMessage
{
    /// <summary>With this header.</summary>
    public nuint Length;
    public int Level;
    public int Type;

    /// <summary>CMSG_SPACE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Space(nuint dataLength) => (nuint)sizeof(ControlMessage) + Align(dataLength);

    /// <summary>CMSG_ALIGN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Align(nuint length) => (length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1);
}

/// <summary>struct in_pktinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketInfoIPv4
{
    public int Interface;

    /// <summary>Received: the local address to answer from. Sent: the source address.</summary>
    public uint LocalAddress;

    /// <summary>Destination in the header.</summary>
    public uint HeaderDestination;
}

/// <summary>struct in6_pktinfo.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PacketInfoIPv6
{
    public ulong AddressHigh;
    public ulong AddressLow;
    public int Interface;
}
