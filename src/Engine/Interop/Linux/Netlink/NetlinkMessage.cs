using System.Runtime.InteropServices;
using System.Text;

namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>struct nlmsghdr; numbers in host order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkHeader
{
    public const int Size = 16;

    /// <summary>With this header, without the padding to four bytes behind it.</summary>
    public uint Length;
    public ushort Type;
    public ushort Flags;
    public uint Sequence;
    public uint PortId;
}

/// <summary>Message types and flags of netlink itself (netlink(7)).</summary>
internal static class NetlinkConstants
{
    public const ushort NLMSG_ERROR = 2;
    public const ushort NLMSG_DONE = 3;

    public const ushort NLM_F_REQUEST = 0x001;
    public const ushort NLM_F_ACK = 0x004;
    public const ushort NLM_F_DUMP_INTR = 0x010;
    public const ushort NLM_F_DUMP = 0x300;
    public const ushort NLM_F_EXCL = 0x200;
    public const ushort NLM_F_CREATE = 0x400;
    public const ushort NLM_F_APPEND = 0x800;

    /// <summary>On an acknowledgement: the request was not copied into it.</summary>
    public const ushort NLM_F_CAPPED = 0x100;

    /// <summary>On an acknowledgement: attributes follow.</summary>
    public const ushort NLM_F_ACK_TLVS = 0x200;

    public const ushort NLMSGERR_ATTR_MSG = 1;

    /// <summary>Bits of an attribute's type that are not its number (nested, byte order).</summary>
    public const ushort NLA_TYPE_MASK = 0x3FFF;
    public const ushort NLA_F_NESTED = 0x8000;

    public static int Align(int length) => (length + 3) & ~3;
}

/// <summary>One message of a received datagram.</summary>
internal readonly ref struct NetlinkMessage(NetlinkHeader header, ReadOnlySpan<byte> payload)
{
    public NetlinkHeader Header { get; } = header;

    /// <summary>Behind the header.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>
    /// Takes the first message off <paramref name="datagram"/>. False at its end and when what follows is no whole message.
    /// </summary>
    public static bool TryTake(ref ReadOnlySpan<byte> datagram, out NetlinkMessage message)
    {
        message = default;
        if (datagram.Length < NetlinkHeader.Size)
            return false;
        var header = MemoryMarshal.Read<NetlinkHeader>(datagram);
        if (header.Length < NetlinkHeader.Size || header.Length > datagram.Length)
            return false;
        message = new NetlinkMessage(header, datagram[NetlinkHeader.Size..(int)header.Length]);
        datagram = datagram[Math.Min(NetlinkConstants.Align((int)header.Length), datagram.Length)..];
        return true;
    }

    /// <summary>The fixed structure at the payload's start; false when it is too short.</summary>
    public bool TryRead<T>(out T value) where T : unmanaged => MemoryMarshal.TryRead(Payload, out value);

    /// <summary>The attributes behind a fixed structure of <paramref name="structureSize"/> bytes.</summary>
    public NetlinkAttributes AttributesAfter(int structureSize)
    {
        var start = NetlinkConstants.Align(structureSize);
        return new NetlinkAttributes(start <= Payload.Length ? Payload[start..] : default);
    }
}

/// <summary>A run of attributes (type, length, value); looked up by number.</summary>
internal readonly ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The last attribute of that number, as the kernel itself reads them.</summary>
    public bool TryGet(ushort type, out ReadOnlySpan<byte> value)
    {
        value = default;
        var found = false;
        var rest = _bytes;
        while (rest.Length >= 4)
        {
            int length = MemoryMarshal.Read<ushort>(rest);
            if (length < 4 || length > rest.Length)
                break;
            if ((MemoryMarshal.Read<ushort>(rest[2..]) & NetlinkConstants.NLA_TYPE_MASK) == type)
            {
                value = rest[4..length];
                found = true;
            }
            rest = rest[Math.Min(NetlinkConstants.Align(length), rest.Length)..];
        }
        return found;
    }

    public uint? UInt32(ushort type) =>
        TryGet(type, out var value) && value.Length >= sizeof(uint) ? MemoryMarshal.Read<uint>(value) : null;

    /// <summary>Text up to its zero byte.</summary>
    public string? Text(ushort type)
    {
        if (!TryGet(type, out var value))
            return null;
        var end = value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
    }
}

/// <summary>The result in an NLMSG_ERROR: 0 is success.</summary>
internal readonly record struct NetlinkAcknowledgement(int ErrorCode, string? KernelText)
{
    public static NetlinkAcknowledgement Parse(NetlinkMessage message)
    {
        var payload = message.Payload;
        if (payload.Length < sizeof(int))
            return new NetlinkAcknowledgement(Errno.EPROTO, "an acknowledgement without a result");
        var errorCode = -MemoryMarshal.Read<int>(payload);
        string? text = null;
        if ((message.Header.Flags & NetlinkConstants.NLM_F_ACK_TLVS) != 0 && payload.Length >= sizeof(int) + NetlinkHeader.Size)
        {
            var request = MemoryMarshal.Read<NetlinkHeader>(payload[sizeof(int)..]);
            var copied = (message.Header.Flags & NetlinkConstants.NLM_F_CAPPED) != 0 ? NetlinkHeader.Size : (int)Math.Min(request.Length, int.MaxValue - 64);
            text = message.AttributesAfter(sizeof(int) + copied).Text(NetlinkConstants.NLMSGERR_ATTR_MSG);
        }
        return new NetlinkAcknowledgement(errorCode, string.IsNullOrEmpty(text) ? null : text);
    }
}
