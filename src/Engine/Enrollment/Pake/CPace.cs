using System.Security.Cryptography;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// CPace over ristretto255 with SHA-512, initiator and responder told apart (draft-irtf-cfrg-cpace): two who share a
/// secret of little entropy agree on a key of full strength, and whoever guesses the secret learns of one guess a run
/// whether it was right. Nothing here branches on a secret; what lies on the stack is zeroed. Any thread.
/// </summary>
internal static class CPace
{
    internal const int ShareSize = Ristretto255.ElementSize;
    internal const int ScalarSize = Ristretto255.ScalarSize;
    internal const int KeySize = Sha512.Size;

    /// <summary>Longest password, channel identifier, session identifier and associated data, in bytes.</summary>
    internal const int MaxInput = 128;

    private static ReadOnlySpan<byte> GeneratorLabel => "CPaceRistretto255"u8;

    private static ReadOnlySpan<byte> KeyLabel => "CPaceRistretto255_ISK"u8;

    /// <summary>Makes a scalar of 32 random bytes: 252 bits, as the draft recommends, which is uniform but for 2^-126.</summary>
    internal static void Clamp(Span<byte> scalar) => scalar[^1] &= 0x0F;

    /// <summary>Makes the share that goes to the other side.</summary>
    /// <param name="share">32 bytes.</param>
    /// <param name="scalar">For this run alone: random bytes after <see cref="Clamp"/>.</param>
    internal static void MakeShare(
        Span<byte> share, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> password, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> session)
    {
        Span<byte> generator = stackalloc byte[Ristretto255.ElementSize];
        Generator(generator, password, channel, session);
        if (!Ristretto255.Multiply(share, scalar, generator))
            throw new ArgumentException("The scalar is a multiple of the group's order.", nameof(scalar));
        CryptographicOperations.ZeroMemory(generator);
    }

    /// <summary>The key (the draft's ISK) from the own scalar, the other's share and both messages as they went over the wire.</summary>
    /// <param name="key">64 bytes.</param>
    /// <returns>False when the other's share is no element, or the identity: abort.</returns>
    internal static bool MakeKey(
        Span<byte> key,
        ReadOnlySpan<byte> scalar,
        ReadOnlySpan<byte> otherShare,
        ReadOnlySpan<byte> session,
        scoped in CPaceMessage initiator,
        scoped in CPaceMessage responder)
    {
        Span<byte> secret = stackalloc byte[Ristretto255.ElementSize];
        Span<byte> input = stackalloc byte[5 * MaxInput];
        var isElement = Ristretto255.Multiply(secret, scalar, otherShare);
        var text = new LengthValueWriter(input);
        text.Add(KeyLabel);
        text.Add(session);
        text.Add(secret);
        text.Add(initiator.Share);
        text.Add(initiator.Data);
        text.Add(responder.Share);
        text.Add(responder.Data);
        Sha512.Hash(key, text.Written);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(input);
        if (!isElement)
            CryptographicOperations.ZeroMemory(key);
        return isElement;
    }

    internal static void Generator(
        Span<byte> generator, ReadOnlySpan<byte> password, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> session)
    {
        Span<byte> input = stackalloc byte[Sha512.BlockSize + (4 * MaxInput)];
        Span<byte> hash = stackalloc byte[Sha512.Size];
        var text = new LengthValueWriter(input);
        text.Add(GeneratorLabel);
        text.Add(password);
        // Label and password fill the first block whatever the password's length is.
        text.AddZeros(Math.Max(
            0,
            Sha512.BlockSize - 1 - LengthValueWriter.SizeOf(password.Length) - LengthValueWriter.SizeOf(GeneratorLabel.Length)));
        text.Add(channel);
        text.Add(session);
        Sha512.Hash(hash, text.Written);
        Ristretto255.FromHash(generator, hash);
        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(hash);
    }
}
