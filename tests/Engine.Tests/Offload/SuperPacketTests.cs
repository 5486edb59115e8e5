using System.Runtime.CompilerServices;
using WireGuard.Engine.Offload;

namespace WireGuard.Tests.Offload;

public sealed unsafe class SuperPacketTests
{
    [Fact]
    public void Segments_are_what_the_naive_reference_makes()
    {
        var random = new Random(1);
        for (var i = 0; i < 600; i++)
        {
            var (isIPv4, protocol) = (random.Next(2) == 0, random.Next(3) == 0 ? NaivePacket.Udp : NaivePacket.Tcp);
            var ipOptions = random.Next(4) == 0 ? (isIPv4 ? 4 * random.Next(1, 11) : 8 * random.Next(1, 5)) : 0;
            var tcpOptions = 4 * random.Next(11);
            var start = NaivePacket.TransportStart(isIPv4, ipOptions);
            var largest = 65_535 - start - 60;
            var payload = random.Next(4) == 0 ? random.Next(1, largest) : random.Next(1, 6000);
            var size = random.Next(3) == 0 ? random.Next(1, 65_000) : random.Next(Math.Max(1, payload / 100), 1461);
            var super = NaivePacket.Create(random, isIPv4, protocol, payload, ipOptions, tcpOptions);
            if (protocol == NaivePacket.Tcp)
                super[start + 13] = (byte)random.Next(256);
            var expected = NaivePacket.Cut(super, start, protocol, size);
            var segments = Cut(super, start, protocol, size, moveAt: random.Next(expected.Count + 1));
            Assert.True(expected.SelectMany(s => s).SequenceEqual(segments.SelectMany(s => s)), $"case {i}");
            Assert.Equal(expected.Count, segments.Count);
            Assert.All(segments, segment => Assert.True(NaivePacket.IsRight(segment, start, protocol), $"case {i}"));
        }
    }

    [Fact]
    public void FIN_and_PSH_stay_with_the_last_segment_and_CWR_with_the_first()
    {
        var super = NaivePacket.Create(new Random(2), true, NaivePacket.Tcp, 3000);
        super[33] = 0x10 | 0x08 | 0x01 | 0x80;
        var segments = Cut(super, 20, NaivePacket.Tcp, 1000, 9);
        Assert.Equal([0x90, 0x10, 0x19], segments.Select(segment => (int)segment[33]));
    }

    [Fact]
    public void A_header_that_does_not_fit_its_packet_is_refused()
    {
        var random = new Random(3);
        var headers = stackalloc byte[SuperPacket.MaxHeaders];
        var room = stackalloc byte[512];
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var packet = NaivePacket.Create(random, random.Next(2) == 0, NaivePacket.Tcp, random.Next(200));
            for (var flips = random.Next(6); flips > 0; flips--)
                packet[random.Next(Math.Min(packet.Length, 60))] = (byte)random.Next(256);
            var length = random.Next(4) == 0 ? random.Next(packet.Length + 1) : packet.Length;
            var header = new VirtioHeader
            {
                Flags = 1,
                Type = (byte)random.Next(8),
                SegmentSize = (ushort)random.Next(100),
                ChecksumStart = (ushort)(random.Next(2) == 0 ? (packet[0] >> 4 == 4 ? 20 : 40) : random.Next(100)),
            };
            fixed (byte* data = packet)
            {
                if (!SuperPacket.TryBegin(data, length, in header, headers, out var super))
                {
                    refused++;
                    continue;
                }
                var total = 0;
                while (!super.IsDone)
                {
                    var written = super.WriteNext(room);
                    Assert.InRange(written, 1, length);
                    total++;
                }
                Assert.InRange(total, 1, length);
            }
        }
        Assert.InRange(refused, 1000, 19_900);
    }

    [Fact]
    public void A_partial_checksum_is_completed()
    {
        var random = new Random(4);
        for (var i = 0; i < 500; i++)
        {
            var (isIPv4, protocol) = (random.Next(2) == 0, random.Next(2) == 0 ? NaivePacket.Udp : NaivePacket.Tcp);
            var packet = NaivePacket.Create(random, isIPv4, protocol, random.Next(1500));
            var start = NaivePacket.TransportStart(isIPv4, 0);
            var header = new VirtioHeader { Flags = 1, ChecksumStart = (ushort)start, ChecksumOffset = (ushort)(protocol == NaivePacket.Tcp ? 16 : 6) };
            var expected = packet.ToArray();
            fixed (byte* data = packet)
            {
                var pseudo = OnesComplement.Fold(OnesComplement.PseudoHeader(data, protocol, packet.Length - start));
                Unsafe.WriteUnaligned(data + start + header.ChecksumOffset, pseudo);
                Assert.True(PartialChecksum.TryComplete(data, packet.Length, in header));
                Assert.Equal(expected, packet);
                header.ChecksumOffset = (ushort)(packet.Length - start - 1);
                Assert.False(PartialChecksum.TryComplete(data, packet.Length, in header));
            }
        }
    }

    [Fact]
    public void Sums_are_those_of_the_naive_reference_at_every_length()
    {
        var random = new Random(5);
        var bytes = new byte[65_535];
        random.NextBytes(bytes);
        foreach (var length in Enumerable.Range(0, 400).Concat([1420, 1421, 65_534, 65_535]))
            AssertSame(bytes, length);
        Array.Fill(bytes, (byte)0xFF);
        AssertSame(bytes, bytes.Length);

        static void AssertSame(byte[] bytes, int length)
        {
            fixed (byte* data = bytes)
                Assert.Equal(NaivePacket.Checksum(bytes[..length]), (ushort)~OnesComplement.Swap(OnesComplement.Fold(OnesComplement.Sum(data, length))));
        }
    }

    /// <summary>Cuts in place where the first segment lies, and moves the rest away on the way.</summary>
    private static List<byte[]> Cut(byte[] packet, int start, byte protocol, int size, int moveAt)
    {
        var header = new VirtioHeader
        {
            Flags = VirtioHeader.NeedsChecksum,
            Type = protocol == NaivePacket.Udp ? VirtioHeader.Udp : packet[0] >> 4 == 4 ? VirtioHeader.TcpIPv4 : VirtioHeader.TcpIPv6,
            SegmentSize = (ushort)size,
            ChecksumStart = (ushort)start,
        };
        var segments = new List<byte[]>();
        var headers = new byte[SuperPacket.MaxHeaders];
        var aside = new byte[packet.Length];
        var room = new byte[packet.Length];
        fixed (byte* data = packet.ToArray(), template = headers, moved = aside, destination = room)
        {
            Assert.True(SuperPacket.TryBegin(data, packet.Length, in header, template, out var super));
            while (!super.IsDone)
            {
                if (segments.Count == moveAt)
                {
                    super.Rest.CopyTo(aside);
                    super.MoveRest(moved);
                }
                var target = segments.Count == 0 ? data : destination;
                segments.Add(new Span<byte>(target, super.WriteNext(target)).ToArray());
            }
        }
        return segments;
    }
}
