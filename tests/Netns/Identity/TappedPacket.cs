using System.Buffers.Binary;
using WireGuard.Tests.Offload;

namespace WireGuard.Tests.Identity;

/// <summary>A packet as it crossed a link: whole, or with work left to do that its virtio_net_hdr tells of.</summary>
/// <param name="IsOutgoing">The kernel gave it to the link, rather than got it from there.</param>
/// <param name="Header">10 bytes, virtio specification 1.2, section 5.1.6.</param>
/// <param name="Bytes">From the IP header on.</param>
internal sealed record TappedPacket(bool IsOutgoing, byte[] Header, byte[] Bytes)
{
    public const int HeaderSize = 10;

    private const byte NeedsChecksum = 1;
    private const byte WithEcn = 0x80;

    public bool IsSuper => (Header[1] & ~WithEcn) != 0;

    /// <summary>Nothing is left to do.</summary>
    public bool IsWhole => !IsSuper && (Header[0] & NeedsChecksum) == 0;

    /// <summary>The packets that it stands for, made by the book.</summary>
    public IEnumerable<byte[]> ToWire()
    {
        var (start, protocol) = IpText.Transport(Bytes);
        if (IsSuper)
            return NaivePacket.Cut(Bytes, start, protocol, BinaryPrimitives.ReadUInt16LittleEndian(Header.AsSpan(4)));
        byte[] packet = [.. Bytes];
        if ((Header[0] & NeedsChecksum) != 0)
            NaivePacket.Finish(packet, start, protocol);
        return [packet];
    }
}
