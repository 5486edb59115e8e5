using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439, section 2.8) one packet at a time over vector kernels. The keystream comes in chunks that
/// hold most packets whole, its block 0 being the one-time key of Poly1305. Nothing outside text and tag is touched.
/// </summary>
internal sealed unsafe class KernelTransportAead<TKernel> : TransportAead
    where TKernel : struct, IAeadKernel
{
    private const int Alignment = 64;

    private const int KeystreamBytes = IAeadKernel.KeystreamBlocks * ChaCha20.BlockSize;

    private const int StateBytes = ChaCha20.StateWords * sizeof(uint);

    // One piece: keystream, then state, wiped together.
    private const int ScratchBytes = KeystreamBytes + StateBytes;

    public override string Name => TKernel.Name;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Seal(Span<AeadPacket> packets)
    {
        var memory = stackalloc byte[ScratchBytes + Alignment];
        var keystream = Align(memory);
        var state = (uint*)(keystream + KeystreamBytes);
        Unsafe.SkipInit(out Poly1305 poly);
        foreach (ref var packet in packets)
        {
            byte* text = packet.Data;
            var length = packet.Length;
            ChaCha20.Start(state, packet.Key, packet.Counter);
            var blocks = TKernel.Keystream(state, BlocksFor(length) + 1, keystream);
            poly.Start(keystream);

            Encrypt(state, keystream, blocks, text, length);
            TKernel.Absorb(ref poly, text, length);
            poly.Finish(0, (ulong)length, text + length);
        }

        CryptographicOperations.ZeroMemory(new Span<byte>(keystream, ScratchBytes));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Open(Span<AeadPacket> packets)
    {
        var memory = stackalloc byte[ScratchBytes + Alignment];
        var keystream = Align(memory);
        var state = (uint*)(keystream + KeystreamBytes);
        var tag = stackalloc byte[TagSize];
        Unsafe.SkipInit(out Poly1305 poly);
        foreach (ref var packet in packets)
        {
            byte* text = packet.Data;
            var length = packet.Length;
            ChaCha20.Start(state, packet.Key, packet.Counter);
            // The first chunk's keystream is made along with the key block, before the verdict: alone, that block would
            // leave most lanes idle.
            var blocks = TKernel.Keystream(state, BlocksFor(length) + 1, keystream);
            poly.Start(keystream);

            TKernel.Absorb(ref poly, text, length);
            poly.Finish(0, (ulong)length, tag);
            packet.Authentic = IsSameTag(tag, text + length);
            if (packet.Authentic)
                Encrypt(state, keystream, blocks, text, length);
        }

        CryptographicOperations.ZeroMemory(new Span<byte>(keystream, ScratchBytes));
    }

    /// <summary>Combines the text with the keystream at hand, less its block 0, and with as much more as it takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encrypt(uint* state, byte* keystream, int blocks, byte* text, int length)
    {
        var count = Math.Min(length, (blocks - 1) * ChaCha20.BlockSize);
        TKernel.Xor(text, keystream + ChaCha20.BlockSize, count);
        while (count < length)
        {
            text += count;
            length -= count;
            blocks = TKernel.Keystream(state, BlocksFor(length), keystream);
            count = Math.Min(length, blocks * ChaCha20.BlockSize);
            TKernel.Xor(text, keystream, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BlocksFor(int length) => (int)(((uint)length + ChaCha20.BlockSize - 1) / ChaCha20.BlockSize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSameTag(byte* left, byte* right) =>
        ((LittleEndian.ReadUInt64(left) ^ LittleEndian.ReadUInt64(right))
        | (LittleEndian.ReadUInt64(left + 8) ^ LittleEndian.ReadUInt64(right + 8))) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Align(byte* memory) => (byte*)(((nuint)memory + (Alignment - 1)) & ~(nuint)(Alignment - 1));
}
