using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>A message being written: header, fixed structure, attributes. Control path; one thread.</summary>
internal sealed class NetlinkRequest
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);
    private NetlinkHeader _header;

    private NetlinkRequest(ushort type, ushort flags)
    {
        _header = new NetlinkHeader { Type = type, Flags = (ushort)(flags | NetlinkConstants.NLM_F_REQUEST) };
        _buffer.Write(stackalloc byte[NetlinkHeader.Size]);
    }

    /// <summary>A request whose first part is <paramref name="structure"/> (ifinfomsg, rtmsg, ...).</summary>
    public static NetlinkRequest Create<T>(ushort type, ushort flags, in T structure) where T : unmanaged
    {
        var request = new NetlinkRequest(type, flags);
        request.AppendPadded(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in structure)));
        return request;
    }

    public ushort Flags
    {
        get => _header.Flags;
        set => _header.Flags = value;
    }

    public NetlinkRequest Add(ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        MemoryMarshal.Write(header, (ushort)(4 + value.Length));
        MemoryMarshal.Write(header[2..], attribute);
        _buffer.Write(header);
        AppendPadded(value);
        return this;
    }

    public NetlinkRequest Add(ushort attribute, uint value) =>
        Add(attribute, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>In network order, as nf_tables has its numbers.</summary>
    public NetlinkRequest AddBigEndian(ushort attribute, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Add(attribute, bytes);
    }

    /// <summary>Text with its zero byte.</summary>
    public NetlinkRequest Add(ushort attribute, string text) => Add(attribute, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>An attribute by itself, to be the value of a nested one.</summary>
    public static byte[] Nested(ushort attribute, ReadOnlySpan<byte> value)
    {
        var bytes = new byte[NetlinkConstants.Align(4 + value.Length)];
        MemoryMarshal.Write(bytes, (ushort)(4 + value.Length));
        MemoryMarshal.Write(bytes.AsSpan(2), attribute);
        value.CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>The finished message, numbered.</summary>
    public byte[] ToMessage(uint sequence)
    {
        var message = _buffer.WrittenSpan.ToArray();
        var header = _header;
        header.Length = (uint)message.Length;
        header.Sequence = sequence;
        MemoryMarshal.Write(message, header);
        return message;
    }

    private void AppendPadded(ReadOnlySpan<byte> bytes)
    {
        _buffer.Write(bytes);
        _buffer.Write(stackalloc byte[NetlinkConstants.Align(bytes.Length) - bytes.Length]);
    }
}
