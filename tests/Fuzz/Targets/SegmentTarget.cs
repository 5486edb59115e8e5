using WireGuard.Engine.Offload;
using WireGuard.Tests.Offload;

namespace WireGuard.Fuzz;

/// <summary>
/// Super-packets as the kernel hands them to the TUN's reader, and such as it would never make. What is whole is cut as the
/// naive reference cuts it; what lies about itself is refused or cut within its bounds.
/// </summary>
internal sealed unsafe class SegmentTarget : IFuzzTarget
{
    private const int Fence = 64;
    private const byte FenceByte = 0xA5;
    private const int MostSegments = 200;

    private readonly byte[] _packet = GC.AllocateArray<byte>(Fence + ushort.MaxValue + Fence, pinned: true);
    private readonly byte[] _segment = GC.AllocateArray<byte>(Fence + ushort.MaxValue + Fence, pinned: true);
    private readonly byte[] _headers = GC.AllocateArray<byte>(Fence + SuperPacket.MaxHeaders + Fence, pinned: true);
    private readonly byte[] _aside = GC.AllocateArray<byte>(ushort.MaxValue, pinned: true);

    public string Name => "segment";

    public byte[] Make(Random random) => Dice.Throw(random, 80);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        var isIPv4 = dice.Next(2) == 0;
        var protocol = dice.OneIn(3) ? NaivePacket.Udp : NaivePacket.Tcp;
        var ipOptions = !dice.OneIn(4) ? 0 : isIPv4 ? 4 * dice.Next(11) : 8 * dice.Next(5);
        var tcpOptions = 4 * dice.Next(11);
        var start = NaivePacket.TransportStart(isIPv4, ipOptions);
        var payload = 1 + (dice.OneIn(8) ? dice.Next(ushort.MaxValue - start - 61) : dice.Next(8000));
        var size = dice.OneIn(4) ? 1 + dice.Next(ushort.MaxValue) : 1 + dice.Next(1460);
        size = Math.Max(size, 1 + (payload / MostSegments));
        var packet = NaivePacket.Create(new Random((int)dice.NextUInt32()), isIPv4, protocol, payload, ipOptions, tcpOptions);
        if (protocol == NaivePacket.Tcp)
            packet[start + 13] = dice.NextByte();
        var header = new VirtioHeader
        {
            Flags = VirtioHeader.NeedsChecksum,
            Type = (byte)((protocol == NaivePacket.Udp ? VirtioHeader.Udp : isIPv4 ? VirtioHeader.TcpIPv4 : VirtioHeader.TcpIPv6) | (dice.OneIn(8) ? VirtioHeader.CongestionBit : 0)),
            HeaderLength = (ushort)dice.Next(200),
            SegmentSize = (ushort)size,
            ChecksumStart = (ushort)start,
            ChecksumOffset = (ushort)(protocol == NaivePacket.Udp ? 6 : 16),
        };
        var length = packet.Length;
        var isWhole = !dice.OneIn(3);
        if (!isWhole)
            Damage(dice, packet, ref length, ref header);
        var segments = Cut(packet, length, in header, moveAt: dice.Next(4), inPlace: dice.Next(2) == 0);
        if (isWhole)
            Assert.Equal(NaivePacket.Cut(packet, start, protocol, size).Select(Convert.ToHexString), segments!.Select(Convert.ToHexString));
    }

    public void CheckHealth()
    {
        // It keeps nothing.
    }

    public void Dispose()
    {
    }

    private static void Damage(Dice dice, byte[] packet, ref int length, ref VirtioHeader header)
    {
        for (var changes = dice.Next(4); changes > 0; changes--)
            packet[dice.Next(Math.Min(packet.Length, 100))] = dice.NextByte();
        switch (dice.Next(6))
        {
            case 0:
                length = dice.Next(Math.Min(packet.Length + 1, 256));
                break;
            case 1:
                header.Type = dice.NextByte();
                break;
            case 2:
                header.ChecksumStart = (ushort)dice.Next(300);
                break;
            case 3:
                header.ChecksumStart = (ushort)dice.NextUInt32();
                header.SegmentSize = (ushort)dice.NextUInt32();
                break;
            case 4:
                header.SegmentSize = (ushort)dice.Next(3);
                length = Math.Min(length, 400);
                break;
        }
    }

    /// <summary>Null: refused.</summary>
    private List<byte[]>? Cut(byte[] packet, int length, in VirtioHeader header, int moveAt, bool inPlace)
    {
        foreach (var memory in new[] { _packet, _segment, _headers })
            Array.Fill(memory, FenceByte);
        packet.AsSpan(0, length).CopyTo(_packet.AsSpan(Fence));
        fixed (byte* data = &_packet[Fence], room = &_segment[Fence], headers = &_headers[Fence], aside = _aside)
        {
            if (!SuperPacket.TryBegin(data, length, in header, headers, out var super))
                return null;
            var segments = new List<byte[]>();
            while (!super.IsDone)
            {
                if (segments.Count == moveAt)
                {
                    super.Rest.CopyTo(_aside);
                    super.MoveRest(aside);
                }

                var target = inPlace && segments.Count == 0 && moveAt > 0 ? data : room;
                var written = super.WriteNext(target);
                Assert.InRange(written, 1, length);
                segments.Add(new Span<byte>(target, written).ToArray());
                Assert.InRange(segments.Count, 1, length);
            }

            AssertFences(_packet, length);
            AssertFences(_segment, ushort.MaxValue);
            AssertFences(_headers, SuperPacket.MaxHeaders);
            var headerLength = segments.Count == 1 ? 0 : segments[0].Length - header.SegmentSize;
            Assert.Equal(length, segments.Sum(s => s.Length - headerLength) + headerLength);
            Assert.All(segments.SkipLast(1), s => Assert.Equal(segments[0].Length, s.Length));
            Assert.InRange(segments[^1].Length, headerLength, segments[0].Length);
            return segments;
        }
    }

    private static void AssertFences(byte[] memory, int length)
    {
        Assert.Equal(-1, memory.AsSpan(0, Fence).IndexOfAnyExcept(FenceByte));
        Assert.Equal(-1, memory.AsSpan(Fence + length, Fence).IndexOfAnyExcept(FenceByte));
    }
}
