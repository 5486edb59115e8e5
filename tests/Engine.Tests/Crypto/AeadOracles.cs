using System.Buffers.Binary;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>What the bulk AEAD is compared with, and short forms of calling it.</summary>
internal static partial class AeadOracles
{
    internal static void SealOne(this TransportAead aead, ref AeadPacket packet) => aead.Seal(new Span<AeadPacket>(ref packet));

    internal static bool OpenOne(this TransportAead aead, ref AeadPacket packet)
    {
        packet.Authentic = false;
        aead.Open(new Span<AeadPacket>(ref packet));
        return packet.Authentic;
    }

    /// <summary>libsodium's ciphertext and tag for a transport packet.</summary>
    internal static byte[] SodiumSeal(ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> text)
    {
        Span<byte> nonce = stackalloc byte[12];
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
        return SodiumSeal(key, nonce, default, text);
    }

    /// <summary>libsodium's ciphertext and tag for any nonce and associated data.</summary>
    internal static unsafe byte[] SodiumSeal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> text)
    {
        Sodium.EnsureReady();
        var output = new byte[text.Length + TransportAead.TagSize];
        fixed (byte* c = output, k = key, n = nonce, m = text, ad = associatedData)
        {
            Assert.Equal(0, global::Interop.Sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
                c, null, m, (ulong)text.Length, ad, (ulong)associatedData.Length, null, n, k));
        }

        return output;
    }

    /// <summary>
    /// RFC 8439, section 2.8, put together from one kernel's keystream and the 64-bit Poly1305, for nonces and associated
    /// data that transport packets do not have.
    /// </summary>
    internal static unsafe byte[] ComposedSeal<TKernel>(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> text)
        where TKernel : struct, IAeadKernel
    {
        var memory = stackalloc byte[AeadScratch.Bytes];
        var scratch = new AeadScratch(memory);
        fixed (byte* k = key)
            ChaCha20.Start(scratch.States, k, BinaryPrimitives.ReadUInt64LittleEndian(nonce[4..]));
        scratch.States[13] = BinaryPrimitives.ReadUInt32LittleEndian(nonce);

        var output = new byte[text.Length + TransportAead.TagSize];
        text.CopyTo(output);
        fixed (byte* o = output, ad = associatedData)
        {
            var poly = default(Poly1305);
            TKernel.Spread(scratch.States, 0, scratch.Window, 1);
            TKernel.Blocks(scratch.Window, 1);
            poly.Start((byte*)scratch.Window);
            for (var done = 0; done < text.Length; done += IAeadKernel.KeystreamBlocks * ChaCha20.BlockSize)
            {
                var count = Math.Min(text.Length - done, IAeadKernel.KeystreamBlocks * ChaCha20.BlockSize);
                TKernel.Spread(scratch.States, 1 + (uint)(done / ChaCha20.BlockSize), scratch.Window, (count + 63) / 64);
                TKernel.Blocks(scratch.Window, (count + 63) / 64);
                TKernel.Xor(o + done, (byte*)scratch.Window, count);
            }

            poly.AbsorbPadded(ad, associatedData.Length);
            poly.AbsorbPadded(o, text.Length);
            poly.Finish((ulong)associatedData.Length, (ulong)text.Length, o + text.Length);
        }

        return output;
    }
}
