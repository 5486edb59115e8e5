using System.Buffers.Binary;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Cookie;

/// <summary>What mac2 of a handshake message says about its sender.</summary>
internal enum CookieState
{
    /// <summary>Has not shown that it receives at the address it sends from.</summary>
    None,

    /// <summary>Has shown it.</summary>
    Valid,

    /// <summary>Has shown it, and sends more than its share.</summary>
    RateLimited,
}

/// <summary>Fills bytes that nobody can foresee, or, in known-answer tests, given ones.</summary>
internal delegate void RandomFill(Span<byte> bytes);

/// <summary>
/// The receiving side of the MACs. mac1 shows that the sender knows our public key, before any Diffie-Hellman is spent on
/// it; under load mac2 shows that it receives at its address, and cookies are how it comes to know what to put there
/// (whitepaper, sections 5.3, 5.4.4 and 5.4.7). One for each public key of ours. <see cref="IsMac1Valid"/> may be called from
/// any thread; the device's handshake lock orders the use of the rest.
/// </summary>
internal sealed class CookieChecker : IDisposable
{
    private static readonly long SecretLifetime = (long)ProtocolLimits.CookieSecretLifetime.TotalNanoseconds;

    private readonly byte[] _mac1Key = new byte[32];
    private readonly byte[] _cookieKey = new byte[32];
    private readonly byte[] _secret = GC.AllocateArray<byte>(32, pinned: true);
    private readonly RateLimiter _rateLimiter;
    private readonly RandomFill _random;
    private long _secretMadeAt = long.MinValue;

    /// <param name="random">Where secret (32 bytes) and nonces (24 bytes) come from; null: the system's random numbers.</param>
    internal CookieChecker(in PublicKey own, RateLimiter rateLimiter, RandomFill? random = null)
    {
        _rateLimiter = rateLimiter;
        _random = random ?? SecureRandom.Fill;
        CookieLabels.DeriveKey(_mac1Key, CookieLabels.Mac1, own);
        CookieLabels.DeriveKey(_cookieKey, CookieLabels.Cookie, own);
    }

    /// <param name="message">A whole initiation or response.</param>
    internal bool IsMac1Valid(ReadOnlySpan<byte> message)
    {
        var mac1 = message.Length - (2 * MessageFormat.MacSize);
        Span<byte> expected = stackalloc byte[MessageFormat.MacSize];
        Blake2s.Keyed(expected, _mac1Key, message[..mac1]);
        return CryptographicOperations.FixedTimeEquals(expected, message.Slice(mac1, MessageFormat.MacSize));
    }

    /// <summary>Who has no cookie writes zeros for mac2, and most of a flood has none: told before anything is computed.</summary>
    internal static bool MayHaveCookie(ReadOnlySpan<byte> message) => message[^MessageFormat.MacSize..].ContainsAnyExcept((byte)0);

    /// <summary>Judges a message by mac2 and by its sender's rate, which count under load.</summary>
    /// <param name="message">One whose mac1 is valid.</param>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal CookieState CheckCookie(ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        if (!MayHaveCookie(message))
            return CookieState.None;
        Span<byte> expected = stackalloc byte[MessageFormat.MacSize];
        Span<byte> cookie = stackalloc byte[MessageFormat.MacSize];
        MakeCookie(cookie, from, now);
        Blake2s.Keyed(expected, cookie, message[..^MessageFormat.MacSize]);
        if (!CryptographicOperations.FixedTimeEquals(expected, message[^MessageFormat.MacSize..]))
            return CookieState.None;
        return _rateLimiter.TryTake(from, now) ? CookieState.Valid : CookieState.RateLimited;
    }

    /// <summary>Writes the answer that tells the sender of <paramref name="message"/> its cookie; smaller than any message it answers.</summary>
    /// <param name="reply">64 bytes.</param>
    internal void CreateReply(Span<byte> reply, ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        Span<byte> cookie = stackalloc byte[MessageFormat.MacSize];
        MakeCookie(cookie, from, now);
        BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)MessageType.CookieReply);
        message.Slice(MessageFormat.SenderIndex, 4).CopyTo(reply[MessageFormat.CookieReply.ReceiverIndex..]);
        var nonce = reply.Slice(MessageFormat.CookieReply.Nonce, MessageFormat.CookieReply.NonceSize);
        _random(nonce);
        var mac1 = message.Slice(message.Length - (2 * MessageFormat.MacSize), MessageFormat.MacSize);
        XChaCha20Poly1305.Seal(reply[MessageFormat.CookieReply.EncryptedCookie..], _cookieKey, nonce, cookie, mac1);
        CryptographicOperations.ZeroMemory(cookie);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);

    // Bound to address and port; a new secret makes all older cookies worthless.
    private void MakeCookie(Span<byte> cookie, in UdpEndpoint from, long now)
    {
        if (_secretMadeAt == long.MinValue || now - _secretMadeAt >= SecretLifetime)
        {
            _random(_secret);
            _secretMadeAt = now;
        }

        Span<byte> source = stackalloc byte[UdpEndpoint.MaxCookieInput];
        Blake2s.Keyed(cookie, _secret, source[..from.WriteCookieInput(source)]);
    }
}
