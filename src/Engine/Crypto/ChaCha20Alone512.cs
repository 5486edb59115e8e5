using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20 keystream of a packet that comes alone, with AVX-512: rows are made straight from key and nonce, without
/// states laid out in memory first. A packet's answer waits for this.
/// </summary>
internal static unsafe class ChaCha20Alone512
{
    /// <inheritdoc cref="IAeadKernel.Alone"/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Make(byte* key, ulong packetCounter, uint* output, int count)
    {
        if (count <= 4)
        {
            Four(key, packetCounter, output);
        }
        else if (count <= 8)
        {
            Eight(key, packetCounter, 0, output);
        }
        else
        {
            var state = stackalloc uint[ChaCha20.StateWords];
            ChaCha20.Start(state, key, packetCounter);
            ChaCha20Run512.Make(state, 0, ChaCha20Run512.Blocks, state, 0, output);
            if (count > ChaCha20Run512.Blocks)
                Eight(key, packetCounter, ChaCha20Run512.Blocks, output + (ChaCha20Run512.Blocks * ChaCha20.StateWords));
            CryptographicOperations.ZeroMemory(new Span<byte>(state, ChaCha20.StateWords * sizeof(uint)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Four(byte* key, ulong packetCounter, uint* output)
    {
        var constants = Constants();
        var keyLow = Row(key);
        var keyHigh = Row(key + 16);
        var input = Input(packetCounter, 0);
        var (a, b, c, d) = (constants, keyLow, keyHigh, input);
        for (var i = 0; i < 10; i++)
            ChaCha20Vector512.DoubleRound(ref a, ref b, ref c, ref d);

        Store(a + constants, b + keyLow, c + keyHigh, d + input, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Eight(byte* key, ulong packetCounter, uint block, uint* output)
    {
        var constants = Constants();
        var keyLow = Row(key);
        var keyHigh = Row(key + 16);
        var input0 = Input(packetCounter, block);
        var input1 = Input(packetCounter, block + 4);
        var (a0, b0, c0, d0) = (constants, keyLow, keyHigh, input0);
        var (a1, b1, c1, d1) = (constants, keyLow, keyHigh, input1);
        for (var i = 0; i < 10; i++)
        {
            ChaCha20Vector512.DoubleRound(ref a0, ref b0, ref c0, ref d0);
            ChaCha20Vector512.DoubleRound(ref a1, ref b1, ref c1, ref d1);
        }

        Store(a0 + constants, b0 + keyLow, c0 + keyHigh, d0 + input0, output);
        Store(a1 + constants, b1 + keyLow, c1 + keyHigh, d1 + input1, output + (4 * ChaCha20.StateWords));
    }

    /// <summary>The first row of four states: "expand 32-byte k".</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Constants() => Vector512.Create(
        0x61707865u, 0x3320646Eu, 0x79622D32u, 0x6B206574u, 0x61707865, 0x3320646E, 0x79622D32, 0x6B206574,
        0x61707865u, 0x3320646Eu, 0x79622D32u, 0x6B206574u, 0x61707865, 0x3320646E, 0x79622D32, 0x6B206574);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Row(byte* key) => Avx512F.BroadcastVector128ToVector512((uint*)key);

    /// <summary>The last row of the states of four blocks that follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Input(ulong packetCounter, uint block) =>
        Vector512.Create(
            Vector256.Create(0, packetCounter, 0, packetCounter),
            Vector256.Create(0, packetCounter, 0, packetCounter)).AsUInt32()
        + Vector512.Create(block, 0u, 0, 0, block + 1, 0, 0, 0, block + 2, 0, 0, 0, block + 3, 0, 0, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, uint* output)
    {
        ChaCha20Vector512.Turn(ref a, ref b, ref c, ref d);
        a.StoreAligned(output);
        b.StoreAligned(output + 16);
        c.StoreAligned(output + 32);
        d.StoreAligned(output + 48);
    }
}
