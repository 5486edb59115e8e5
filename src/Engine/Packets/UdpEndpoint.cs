using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Packets;

/// <summary>
/// A peer's address and port together with the local address that its datagrams are sent to (sticky source, from
/// IP_PKTINFO and IPV6_PKTINFO). Blittable and allocation-free: it travels with every datagram of a batch.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct UdpEndpoint : IEquatable<UdpEndpoint>
{
    /// <summary>Remote address, network order: IPv4 in the first four bytes of <see cref="AddressHigh"/>'s memory.</summary>
    public ulong AddressHigh;

    /// <inheritdoc cref="AddressHigh"/>
    public ulong AddressLow;

    /// <summary>Local source address in the same form; all zero: let the system choose.</summary>
    public ulong SourceHigh;

    /// <inheritdoc cref="SourceHigh"/>
    public ulong SourceLow;

    /// <summary>IPv6 scope of a link-local remote address, else 0.</summary>
    public uint ScopeId;

    /// <summary>Interface index that belongs to the source address, else 0.</summary>
    public int SourceInterface;

    /// <summary>Host order.</summary>
    public ushort Port;

    /// <summary>4, 6, or 0 for none.</summary>
    public byte Family;

    /// <summary>IP TOS / traffic class: of a received datagram its ECN bits, of one to send the whole octet.</summary>
    public byte TrafficClass;

    public readonly bool IsNone => Family == 0;

    public readonly bool HasSource => (SourceHigh | SourceLow) != 0;

    /// <summary>The same remote address, port and scope, whatever the source.</summary>
    public readonly bool SameRemote(in UdpEndpoint other) =>
        AddressHigh == other.AddressHigh && AddressLow == other.AddressLow && Port == other.Port && Family == other.Family && ScopeId == other.ScopeId;

    /// <summary>Remote and source equal; the traffic class does not count.</summary>
    public readonly bool Equals(UdpEndpoint other) =>
        SameRemote(other) && SourceHigh == other.SourceHigh && SourceLow == other.SourceLow && SourceInterface == other.SourceInterface;

    public override readonly bool Equals(object? obj) => obj is UdpEndpoint other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(AddressHigh, AddressLow, Port, Family);

    /// <summary>The same remote with no source: the system chooses again.</summary>
    public readonly UdpEndpoint WithoutSource() => this with { SourceHigh = 0, SourceLow = 0, SourceInterface = 0, TrafficClass = 0 };

    public static UdpEndpoint From(IPEndPoint endpoint)
    {
        var address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return new UdpEndpoint
        {
            AddressHigh = MemoryMarshal.Read<ulong>(bytes),
            AddressLow = MemoryMarshal.Read<ulong>(bytes[8..]),
            Port = (ushort)endpoint.Port,
            Family = (byte)(address.AddressFamily == AddressFamily.InterNetwork ? 4 : 6),
            ScopeId = address.AddressFamily == AddressFamily.InterNetworkV6 ? (uint)address.ScopeId : 0,
        };
    }

    /// <summary>Null for <see cref="IsNone"/>.</summary>
    public readonly IPEndPoint? ToIPEndPoint()
    {
        if (IsNone)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        WriteAddress(bytes);
        return new IPEndPoint(Family == 4 ? new IPAddress(bytes[..4]) : new IPAddress(bytes, ScopeId), Port);
    }

    /// <summary>Writes the 16 bytes (IPv4: the first four) of the remote address.</summary>
    public readonly void WriteAddress(Span<byte> destination)
    {
        MemoryMarshal.Write(destination, AddressHigh);
        MemoryMarshal.Write(destination[8..], AddressLow);
    }

    /// <summary>Address then big-endian port: what a cookie is bound to (whitepaper, section 5.4.7). Returns 6 or 18.</summary>
    public readonly int WriteCookieInput(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteAddress(bytes);
        var length = Family == 4 ? 4 : 16;
        bytes[..length].CopyTo(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], Port);
        return length + 2;
    }

    /// <summary>"192.0.2.1:51820", "[2001:db8::1]:51820" or "(none)".</summary>
    public override readonly string ToString() => ToIPEndPoint()?.ToString() ?? "(none)";
}
