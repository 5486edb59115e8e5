using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20-Poly1305 as RFC 8439, section 2.8, tells it, block after block: the reference that the vector forms are
/// tested against, and what CPUs without vectors get.
/// </summary>
internal sealed unsafe class ScalarTransportAead : TransportAead
{
    public override string Name => "scalar";

    public override void Seal(Span<AeadPacket> packets)
    {
        var state = stackalloc uint[ChaCha20.StateWords];
        var keystream = stackalloc byte[ChaCha20.BlockSize];
        foreach (ref var packet in packets)
        {
            ChaCha20.Start(state, packet.Key, packet.Counter);
            ChaCha20.Block(state, keystream);
            Unsafe.SkipInit(out Poly1305 poly);
            poly.Start(keystream);

            Encrypt(state, keystream, packet.Data, packet.Length);
            poly.AbsorbPadded(packet.Data, packet.Length);
            poly.Finish(0, (ulong)packet.Length, packet.Data + packet.Length);
        }

        Forget(state, keystream);
    }

    public override void Open(Span<AeadPacket> packets)
    {
        var state = stackalloc uint[ChaCha20.StateWords];
        var keystream = stackalloc byte[ChaCha20.BlockSize];
        var tag = stackalloc byte[TagSize];
        foreach (ref var packet in packets)
        {
            ChaCha20.Start(state, packet.Key, packet.Counter);
            ChaCha20.Block(state, keystream);
            Unsafe.SkipInit(out Poly1305 poly);
            poly.Start(keystream);

            poly.AbsorbPadded(packet.Data, packet.Length);
            poly.Finish(0, (ulong)packet.Length, tag);
            packet.Authentic = CryptographicOperations.FixedTimeEquals(
                new ReadOnlySpan<byte>(tag, TagSize), new ReadOnlySpan<byte>(packet.Data + packet.Length, TagSize));
            if (packet.Authentic)
                Encrypt(state, keystream, packet.Data, packet.Length);
        }

        Forget(state, keystream);
    }

    /// <summary>Combines the text with the keystream from block 1 on; decrypting is the same.</summary>
    private static void Encrypt(uint* state, byte* keystream, byte* text, int length)
    {
        for (var done = 0; done < length; done += ChaCha20.BlockSize)
        {
            state[ChaCha20.CounterWord]++;
            ChaCha20.Block(state, keystream);
            var count = Math.Min(length - done, ChaCha20.BlockSize);
            for (var i = 0; i < count; i++)
                text[done + i] ^= keystream[i];
        }
    }

    private static void Forget(uint* state, byte* keystream)
    {
        CryptographicOperations.ZeroMemory(new Span<byte>(state, ChaCha20.StateWords * sizeof(uint)));
        CryptographicOperations.ZeroMemory(new Span<byte>(keystream, ChaCha20.BlockSize));
    }
}
