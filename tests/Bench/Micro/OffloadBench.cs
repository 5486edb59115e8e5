using System.Runtime.InteropServices;
using WireGuard.Engine.Offload;
using WireGuard.Tests.Offload;

namespace WireGuard.Bench.Micro;

/// <summary>Super-packets cut into segments, and segments joined again.</summary>
internal static unsafe class OffloadBench
{
    public const string Title = "Segmentation and joining";

    private const int Room = 2048;
    private const int Segments = 44;
    private static readonly int[] Sizes = [100, 512, 1368];

    public static Section Measure()
    {
        var rows = new List<string[]> { (string[])["", .. Sizes.Select(s => $"{s} B")] };
        foreach (var (name, isIPv4, protocol) in new[] { ("TCP in IPv4", true, NaivePacket.Tcp), ("TCP in IPv6", false, NaivePacket.Tcp), ("UDP in IPv4", true, NaivePacket.Udp), ("UDP in IPv6", false, NaivePacket.Udp) })
        {
            var (cut, joined) = (new List<string> { $"{name}, cut" }, new List<string> { $"{name}, joined" });
            foreach (var size in Sizes)
            {
                using var packets = new Packets(isIPv4, protocol, size);
                var times = Rounds.Measure([new Work("cut", Segments, packets.Cut), new Work("join", Segments, packets.Join)]);
                cut.Add(Rounds.Nanoseconds(times[0]));
                joined.Add(Rounds.Nanoseconds(times[1]));
            }

            rows.Add([.. cut]);
            rows.Add([.. joined]);
        }

        return new Section(Title, $"Nanoseconds of processor time for a segment with so much payload, {Segments} in a super-packet, median of {Rounds.Count} interleaved rounds. Cutting copies payload and writes headers and checksums; joining compares headers and verifies every checksum, and copies nothing.", rows);
    }

    /// <summary>A super-packet, and room for its segments.</summary>
    private sealed class Packets : IDisposable
    {
        private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(65_536 + SuperPacket.MaxHeaders + (Segments * Room), 64);
        private readonly int[] _lengths = new int[Segments];
        private readonly PacketJoiner _joiner = new(joinsUdp: true);
        private readonly VirtioHeader _header;
        private readonly int _length;

        public Packets(bool isIPv4, byte protocol, int size)
        {
            var start = NaivePacket.TransportStart(isIPv4, 0);
            var packet = NaivePacket.Create(new Random(size), isIPv4, protocol, size * Segments, tcpOptions: protocol == NaivePacket.Tcp ? 12 : 0);
            _length = packet.Length;
            packet.CopyTo(new Span<byte>(_memory, _length));
            _header = new VirtioHeader
            {
                Flags = VirtioHeader.NeedsChecksum,
                Type = protocol == NaivePacket.Udp ? VirtioHeader.Udp : isIPv4 ? VirtioHeader.TcpIPv4 : VirtioHeader.TcpIPv6,
                SegmentSize = (ushort)size,
                ChecksumStart = (ushort)start,
                ChecksumOffset = (ushort)(protocol == NaivePacket.Udp ? 6 : 16),
            };
            Cut();
        }

        private byte* Headers => _memory + 65_536;

        public void Cut()
        {
            if (!SuperPacket.TryBegin(_memory, _length, in _header, Headers, out var super))
                throw new InvalidOperationException("That is no super-packet.");
            for (var i = 0; i < Segments; i++)
                _lengths[i] = super.WriteNext(Segment(i));
        }

        public void Join()
        {
            _joiner.Begin(Segment(0), _lengths[0]);
            for (var i = 1; i < Segments; i++)
            {
                if (!_joiner.TryJoin(Segment(i), _lengths[i]))
                    throw new InvalidOperationException("A segment does not join.");
            }

            _joiner.Finish();
            _joiner.Undo();
            _joiner.Clear();
        }

        public void Dispose() => NativeMemory.AlignedFree(_memory);

        private byte* Segment(int number) => Headers + SuperPacket.MaxHeaders + (number * Room);
    }
}
