using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// A packet that comes alone, as a request and its answer do: all of its keystream in one call, without what a batch
/// needs to share.
/// </summary>
internal sealed unsafe partial class KernelTransportAead<TKernel>
{
    private const int KeystreamBytes = IAeadKernel.KeystreamBlocks * ChaCha20.BlockSize;

    /// <summary>Whether the keystream is of one call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAlone(ReadOnlySpan<AeadPacket> packets) =>
        packets.Length == 1 && packets[0].Length <= KeystreamBytes - ChaCha20.BlockSize;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SealAlone(ref AeadPacket packet)
    {
        var memory = stackalloc byte[KeystreamBytes + 64];
        var keystream = (byte*)(((nuint)memory + 63) & ~(nuint)63);
        var blocks = 1 + BlocksOf(packet);
        TKernel.Alone(packet.Key, packet.Counter, (uint*)keystream, blocks);
        TKernel.Xor(packet.Data, keystream + ChaCha20.BlockSize, packet.Length);
        TKernel.Tag(packet.Data, packet.Length, keystream, packet.Data + packet.Length);
        Wipe(keystream, blocks);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OpenAlone(ref AeadPacket packet)
    {
        var memory = stackalloc byte[KeystreamBytes + 64];
        var keystream = (byte*)(((nuint)memory + 63) & ~(nuint)63);
        var tag = stackalloc byte[TagSize];
        var blocks = 1 + BlocksOf(packet);
        TKernel.Alone(packet.Key, packet.Counter, (uint*)keystream, blocks);
        TKernel.Tag(packet.Data, packet.Length, keystream, tag);
        packet.Authentic = IsSameTag(tag, packet.Data + packet.Length);
        if (packet.Authentic)
            TKernel.Xor(packet.Data, keystream + ChaCha20.BlockSize, packet.Length);
        Wipe(keystream, blocks);
    }

    // What a kernel made beyond the blocks that were asked for opens nothing.
    private static void Wipe(byte* keystream, int blocks) =>
        CryptographicOperations.ZeroMemory(new Span<byte>(keystream, blocks * ChaCha20.BlockSize));
}
