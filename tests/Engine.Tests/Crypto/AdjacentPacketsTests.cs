using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>Packets of one batch that lie side by side, as the segments of a coalesced datagram do.</summary>
public sealed unsafe class AdjacentPacketsTests
{
    private const byte Untouched = 0xA5;

    public static TheoryData<string> Backends => AeadOracles.Backends;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Opening_one_leaves_the_next_alone(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        var random = new Random(10);
        var key = GC.AllocateArray<byte>(TransportAead.KeySize, pinned: true);
        random.NextBytes(key);
        for (var round = 0; round < 40; round++)
        {
            var lengths = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(3) == 0 ? random.Next(0, 80) : random.Next(0, 1600)).ToArray();
            var memory = GC.AllocateArray<byte>(lengths.Sum(l => l + TransportAead.TagSize) + 256, pinned: true);
            Array.Fill(memory, Untouched);
            var packets = new AeadPacket[lengths.Length];
            var texts = new byte[lengths.Length][];
            var at = 0;
            for (var i = 0; i < lengths.Length; i++)
            {
                texts[i] = new byte[lengths[i]];
                random.NextBytes(texts[i]);
                texts[i].CopyTo(memory, at);
                fixed (byte* data = &memory[at])
                    packets[i] = new AeadPacket { Key = Pointer(key), Counter = (ulong)i, Data = data, Length = lengths[i] };
                at += lengths[i] + TransportAead.TagSize;
                // Sealed one by one, in order, by the twin: a seal may assume room that an open may not.
                new ScalarTransportAead().Seal(packets.AsSpan(i, 1));
            }
            aead.Open(packets);
            for (var i = 0; i < packets.Length; i++)
            {
                Assert.True(packets[i].Authentic, $"packet {i} of {lengths.Length}");
                Assert.True(new Span<byte>(packets[i].Data, lengths[i]).SequenceEqual(texts[i]), $"packet {i} of {lengths.Length}");
            }
            Assert.True(memory.AsSpan(at).IndexOfAnyExcept(Untouched) < 0);
        }

        static byte* Pointer(byte[] pinned)
        {
            fixed (byte* pointer = pinned)
                return pointer;
        }
    }
}
