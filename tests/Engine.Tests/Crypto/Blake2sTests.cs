using WireGuard.Engine.Crypto;
using WireGuard.Tests.Vectors;

namespace WireGuard.Tests.Crypto;

public class Blake2sTests
{
    private delegate void Compression(Span<uint> chain, ReadOnlySpan<byte> block, ulong counter, bool isLast);

    // RFC 7693, appendix B.
    [Fact]
    public void Hashes_abc_as_the_RFC_says()
    {
        var digest = new byte[32];
        Blake2s.Hash(digest, "abc"u8);
        Assert.Equal("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982", Hex.Text(digest));
    }

    // RFC 7693, appendix E: a hash over hashes of four lengths, plain and keyed.
    [Fact]
    public void Passes_the_RFCs_self_test()
    {
        var all = default(Blake2s);
        all.Init(32);
        foreach (var digestLength in new[] { 16, 20, 28, 32 })
        {
            foreach (var dataLength in new[] { 0, 3, 64, 65, 255, 1024 })
            {
                var digest = new byte[digestLength];
                var data = SelfTestSequence(dataLength);
                Blake2s.Hash(digest, data);
                all.Update(digest);
                Blake2s.Keyed(digest, SelfTestSequence(digestLength), data);
                all.Update(digest);
            }
        }

        var result = new byte[32];
        all.Finish(result);
        Assert.Equal("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe", Hex.Text(result));
    }

    [Fact]
    public void Agrees_with_an_independent_implementation_at_every_digest_length()
    {
        var rows = Blake2sVectors.Rows(Blake2sVectors.Digests).ToArray();
        Assert.Equal(128, rows.Length);
        foreach (var row in rows)
        {
            var digest = new byte[int.Parse(row[0])];
            Blake2s.Keyed(digest, Hex.Pattern(int.Parse(row[1]), 100), Hex.Pattern(int.Parse(row[2]), 1));
            Assert.Equal(row[3], Hex.Text(digest));
        }
    }

    [Fact]
    public void A_16_byte_digest_is_not_a_cut_32_byte_digest()
    {
        byte[] small = new byte[16], large = new byte[32];
        Blake2s.Keyed(small, Hex.Pattern(32, 5), "message"u8);
        Blake2s.Keyed(large, Hex.Pattern(32, 5), "message"u8);
        Assert.NotEqual(large[..16], small);
    }

    [Fact]
    public void Pieces_of_any_size_give_the_digest_of_the_whole()
    {
        var data = Hex.Pattern(300, 42);
        var expected = new byte[32];
        Blake2s.Keyed(expected, Hex.Pattern(32, 7), data);
        for (var piece = 1; piece < data.Length; piece++)
        {
            var hash = default(Blake2s);
            hash.Init(32, Hex.Pattern(32, 7));
            foreach (var chunk in data.Chunk(piece))
                hash.Update(chunk);
            var digest = new byte[32];
            hash.Finish(digest);
            Assert.Equal(expected, digest);
        }
    }

    [Fact]
    public void Vector_and_scalar_compression_are_twins()
    {
        var random = new Random(7693);
        Compression vector = Blake2s.CompressVector, scalar = Blake2s.CompressScalar;
        for (var i = 0; i < 2000; i++)
        {
            var block = new byte[64];
            var start = new uint[8];
            random.NextBytes(block);
            random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(start.AsSpan()));
            var counter = (ulong)random.NextInt64() >> random.Next(40);
            var (left, right) = ((uint[])start.Clone(), (uint[])start.Clone());
            vector(left, block, counter, i % 2 == 0);
            scalar(right, block, counter, i % 2 == 0);
            Assert.Equal(right, left);
        }
    }

    [Fact]
    public void Refuses_lengths_that_BLAKE2s_does_not_have()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake2s.Hash(default, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake2s.Hash(new byte[33], default));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake2s.Keyed(new byte[32], new byte[33], default));
        Assert.Throws<ArgumentException>(() =>
        {
            var hash = default(Blake2s);
            hash.Init(16);
            hash.Finish(new byte[32]);
        });
    }

    [Fact]
    public void Allocates_nothing()
    {
        byte[] digest = new byte[16], key = new byte[32], data = new byte[200];
        AllocationMeter.AssertNothingAllocated(() => Blake2s.Keyed(digest, key, data));
    }

    private static byte[] SelfTestSequence(int length)
    {
        var bytes = new byte[length];
        var (a, b) = (unchecked(0xDEAD4BAD * (uint)length), 1u);
        for (var i = 0; i < length; i++)
        {
            (a, b) = (b, a + b);
            bytes[i] = (byte)(b >> 24);
        }

        return bytes;
    }
}
