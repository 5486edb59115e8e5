using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>Working memory of one call of <see cref="KernelTransportAead{TKernel}"/>, cut from the caller's stack, every part aligned to 64 bytes.</summary>
internal readonly unsafe ref struct AeadScratch(byte* memory)
{
    /// <summary>What the caller sets aside.</summary>
    internal const int Bytes = UsedBytes + Alignment;

    private const int Alignment = 64;

    private const int WindowBytes = IAeadKernel.KeystreamBlocks * ChaCha20.BlockSize;

    private const int StatesBytes = IAeadKernel.BatchPackets * ChaCha20.StateWords * sizeof(uint);

    private const int KeysBytes = IAeadKernel.BatchPackets * Poly1305.KeySize;

    private const int TagsBytes = IAeadKernel.BatchPackets * Poly1305.TagSize;

    private const int UsedBytes = WindowBytes + StatesBytes + KeysBytes + TagsBytes;

    /// <summary>States that become blocks of keystream.</summary>
    internal readonly uint* Window = (uint*)(((nuint)memory + (Alignment - 1)) & ~(nuint)(Alignment - 1));

    /// <summary>Each packet's state for block 0.</summary>
    internal uint* States => Window + (WindowBytes / sizeof(uint));

    /// <summary>Each packet's one-time key of Poly1305.</summary>
    internal byte* Keys => (byte*)Window + WindowBytes + StatesBytes;

    internal byte* Tags => Keys + KeysBytes;

    internal void Wipe() => CryptographicOperations.ZeroMemory(new Span<byte>(Window, UsedBytes));
}
