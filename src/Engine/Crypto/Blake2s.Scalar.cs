using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

public partial struct Blake2s
{
    /// <summary>The compression function F as RFC 7693, section 3.2, writes it. The twin that the vector form is tested against.</summary>
    internal static void CompressScalar(Span<uint> chain, ReadOnlySpan<byte> block, ulong counter, bool isLast)
    {
        Span<uint> m = stackalloc uint[16];
        for (var i = 0; i < 16; i++)
            m[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * i)..]);

        Span<uint> v = stackalloc uint[16];
        chain.CopyTo(v);
        WriteInitialValues(v[8..]);
        v[12] ^= (uint)counter;
        v[13] ^= (uint)(counter >> 32);
        if (isLast)
            v[14] = ~v[14];

        for (var round = 0; round < 10; round++)
        {
            var s = Sigma.Slice(16 * round, 16);
            for (var i = 0; i < 4; i++)
                Mix(v, i, 4 + i, 8 + i, 12 + i, m[s[2 * i]], m[s[(2 * i) + 1]]);
            for (var i = 0; i < 4; i++)
                Mix(v, i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3), m[s[8 + (2 * i)]], m[s[9 + (2 * i)]]);
        }

        for (var i = 0; i < 8; i++)
            chain[i] ^= v[i] ^ v[i + 8];
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(m));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(v));
    }

    private static void Mix(Span<uint> v, int a, int b, int c, int d, uint x, uint y)
    {
        v[a] += v[b] + x;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 12);
        v[a] += v[b] + y;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 8);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 7);
    }
}
