using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20 (RFC 8439, sections 2.3 and 2.4): the state that all forms start from, and the plain form of the block
/// function that the vector forms are tested against. A state is 16 words: 4 constants, 8 of key, block counter, 3 of
/// nonce. A block is 64 bytes of keystream.
/// </summary>
internal static unsafe class ChaCha20
{
    internal const int StateWords = 16;

    internal const int BlockSize = 64;

    /// <summary>Index of the block counter in the state. It wraps after 256 GiB, which no packet reaches.</summary>
    internal const int CounterWord = 12;

    /// <summary>Fills a state for block 0 with the protocol's nonce: 32 zero bits, then the packet's counter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Start(uint* state, byte* key, ulong packetCounter)
    {
        // "expand 32-byte k"
        state[0] = 0x61707865;
        state[1] = 0x3320646E;
        state[2] = 0x79622D32;
        state[3] = 0x6B206574;
        for (var i = 0; i < 8; i++)
            state[4 + i] = LittleEndian.ReadUInt32(key + (4 * i));
        state[CounterWord] = 0;
        state[13] = 0;
        state[14] = (uint)packetCounter;
        state[15] = (uint)(packetCounter >> 32);
    }

    /// <summary>Writes one block of keystream. The state stays as it is.</summary>
    internal static void Block(uint* state, byte* output)
    {
        Span<uint> x = stackalloc uint[StateWords];
        new ReadOnlySpan<uint>(state, StateWords).CopyTo(x);
        for (var i = 0; i < 10; i++)
        {
            QuarterRound(x, 0, 4, 8, 12);
            QuarterRound(x, 1, 5, 9, 13);
            QuarterRound(x, 2, 6, 10, 14);
            QuarterRound(x, 3, 7, 11, 15);
            QuarterRound(x, 0, 5, 10, 15);
            QuarterRound(x, 1, 6, 11, 12);
            QuarterRound(x, 2, 7, 8, 13);
            QuarterRound(x, 3, 4, 9, 14);
        }

        var bytes = new Span<byte>(output, BlockSize);
        for (var i = 0; i < StateWords; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], x[i] + state[i]);
        x.Clear();
    }

    private static void QuarterRound(Span<uint> x, int a, int b, int c, int d)
    {
        x[a] += x[b];
        x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 16);
        x[c] += x[d];
        x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 12);
        x[a] += x[b];
        x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 8);
        x[c] += x[d];
        x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 7);
    }
}
