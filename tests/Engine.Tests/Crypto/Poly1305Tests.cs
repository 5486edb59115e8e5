using System.Numerics;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>Poly1305 against plain big-number arithmetic, with keys and texts that drive every limb and carry to its limit.</summary>
public unsafe class Poly1305Tests
{
    private static readonly BigInteger Prime = (BigInteger.One << 130) - 5;

    [Fact]
    public void All_forms_agree_with_big_number_arithmetic()
    {
        var random = new Random(1305);
        foreach (var length in new[] { 0, 15, 16, 31, 64, 191, 192, 256, 320, 383, 384, 400, 512, 1024, 1420, 2000 })
        {
            for (var variant = 0; variant < 16; variant++)
            {
                var key = Fill(32, variant & 3, random);
                var text = Fill(length, variant >> 2, random);
                var expected = Hex.Text(Reference(key, text));
                Assert.Equal(expected, Hex.Text(Tag<Vector128Kernel>(key, text)));
                if (Avx2Kernel.IsSupported)
                    Assert.Equal(expected, Hex.Text(Tag<Avx2Kernel>(key, text)));
                if (Avx512Kernel.IsSupported)
                    Assert.Equal(expected, Hex.Text(Tag<Avx512Kernel>(key, text)));
            }
        }
    }

    // r = 1 makes the accumulator the sum of the blocks: here exactly p + delta, on both sides of the prime and of 2^130.
    [Fact]
    public void The_last_reduction_is_exact_around_the_prime()
    {
        var key = new byte[32];
        key[0] = 1;
        for (var delta = -8; delta <= 8; delta++)
        {
            // Two blocks of text, the second zero, and the lengths' block (0, 32); each has its bit 2^128 besides.
            var first = Prime + delta - (3 * (BigInteger.One << 128)) - (new BigInteger(32) << 64);
            var text = new byte[32];
            first.ToByteArray(isUnsigned: true).CopyTo(text, 0);
            var expected = Hex.Text(Reference(key, text));
            Assert.Equal(expected, Hex.Text(Tag<Vector128Kernel>(key, text)));
            if (Avx512Kernel.IsSupported)
                Assert.Equal(expected, Hex.Text(Tag<Avx512Kernel>(key, text)));
        }
    }

    private static byte[] Fill(int length, int kind, Random random)
    {
        var bytes = new byte[length];
        if (kind == 0)
            random.NextBytes(bytes);
        else
            Array.Fill(bytes, kind switch { 1 => (byte)0xFF, 2 => (byte)0, _ => (byte)0x80 });
        return bytes;
    }

    private static byte[] Tag<TKernel>(byte[] key, byte[] text)
        where TKernel : struct, IAeadKernel
    {
        // Alone and as a member of a full batch: different code.
        var alone = Tags<TKernel>(key, text, 1);
        var together = Tags<TKernel>(key, text, IAeadKernel.BatchPackets);
        Assert.All(together, tag => Assert.Equal(Hex.Text(alone[0]), Hex.Text(tag)));
        return alone[0];
    }

    private static byte[][] Tags<TKernel>(byte[] key, byte[] text, int count)
        where TKernel : struct, IAeadKernel
    {
        var memory = stackalloc byte[AeadScratch.Bytes];
        var scratch = new AeadScratch(memory);
        fixed (byte* m = text)
        {
            var packets = new AeadPacket[count];
            for (var i = 0; i < count; i++)
            {
                key.CopyTo(new Span<byte>(scratch.Keys + (i * Poly1305.KeySize), Poly1305.KeySize));
                packets[i] = new AeadPacket { Data = m, Length = text.Length };
            }

            TKernel.Tags(packets, scratch.Keys, scratch.Tags);
            var tags = new byte[count][];
            for (var i = 0; i < count; i++)
                tags[i] = new Span<byte>(scratch.Tags + (i * Poly1305.TagSize), Poly1305.TagSize).ToArray();
            return tags;
        }
    }

    /// <summary>RFC 8439, section 2.5.1, over the text padded to 16 bytes and the AEAD's two lengths.</summary>
    private static byte[] Reference(byte[] key, byte[] text)
    {
        var r = new BigInteger(key.AsSpan(0, 16), isUnsigned: true)
            & BigInteger.Parse("0ffffffc0ffffffc0ffffffc0fffffff", System.Globalization.NumberStyles.HexNumber);
        var padded = new byte[((text.Length + 15) / 16 * 16) + 16];
        text.CopyTo(padded, 0);
        BitConverter.TryWriteBytes(padded.AsSpan(padded.Length - 8), (ulong)text.Length);
        var h = BigInteger.Zero;
        foreach (var block in padded.Chunk(16))
            h = (h + new BigInteger(block, isUnsigned: true) + (BigInteger.One << 128)) * r % Prime;
        h = (h + new BigInteger(key.AsSpan(16, 16), isUnsigned: true)) & ((BigInteger.One << 128) - 1);
        var tag = new byte[16];
        h.ToByteArray(isUnsigned: true).CopyTo(tag, 0);
        return tag;
    }
}
