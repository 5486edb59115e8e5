using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Cookie;

/// <summary>
/// The sending side of the MACs for one peer: writes mac1, and mac2 while a cookie from that peer is fresh
/// (whitepaper, sections 5.4.4 and 5.4.7). Used by the device's worker thread only.
/// </summary>
internal sealed class CookieGenerator
{
    private readonly byte[] _mac1Key = new byte[32];
    private readonly byte[] _cookieKey = new byte[32];
    private readonly byte[] _cookie = new byte[MessageFormat.MacSize];
    private readonly byte[] _lastMac1 = new byte[MessageFormat.MacSize];
    private bool _hasSentMac1;
    private long _cookieExpires = long.MinValue;

    internal CookieGenerator(in PublicKey remote)
    {
        CookieLabels.DeriveKey(_mac1Key, CookieLabels.Mac1, remote);
        CookieLabels.DeriveKey(_cookieKey, CookieLabels.Cookie, remote);
    }

    /// <summary>Fills in the last 32 bytes of an initiation or response.</summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal void AddMacs(Span<byte> message, long now)
    {
        var mac1 = message.Length - (2 * MessageFormat.MacSize);
        Blake2s.Keyed(message.Slice(mac1, MessageFormat.MacSize), _mac1Key, message[..mac1]);
        message.Slice(mac1, MessageFormat.MacSize).CopyTo(_lastMac1);
        _hasSentMac1 = true;

        var mac2 = message[^MessageFormat.MacSize..];
        if (now < _cookieExpires)
            Blake2s.Keyed(mac2, _cookie, message[..^MessageFormat.MacSize]);
        else
            mac2.Clear();
    }

    /// <summary>Keeps the cookie of a reply that answers the last mac1 sent; false when it does not.</summary>
    internal bool ConsumeReply(ReadOnlySpan<byte> message, long now)
    {
        Span<byte> cookie = stackalloc byte[MessageFormat.MacSize];
        if (!_hasSentMac1 || !XChaCha20Poly1305.Open(
                cookie,
                _cookieKey,
                message.Slice(MessageFormat.CookieReply.Nonce, MessageFormat.CookieReply.NonceSize),
                message[MessageFormat.CookieReply.EncryptedCookie..],
                _lastMac1))
            return false;
        cookie.CopyTo(_cookie);
        CryptographicOperations.ZeroMemory(cookie);
        _cookieExpires = now + (long)(ProtocolLimits.CookieSecretLifetime - ProtocolLimits.CookieSecretLatency).TotalNanoseconds;
        // One reply a message: a second copy of the same reply has nothing left to answer.
        _hasSentMac1 = false;
        return true;
    }
}
