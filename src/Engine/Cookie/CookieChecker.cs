using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Cookie;

/// <summary>
/// The receiving side of the MACs: mac1 shows that the sender knows our public key, before any Diffie-Hellman is spent
/// on it (whitepaper, section 5.4.4). Immutable for one public key. Cookie replies and mac2 belong here when the engine
/// learns to be under load.
/// </summary>
internal sealed class CookieChecker
{
    private readonly byte[] _mac1Key = new byte[32];

    internal CookieChecker(in PublicKey own) => CookieLabels.DeriveKey(_mac1Key, CookieLabels.Mac1, own);

    /// <param name="message">A whole initiation or response.</param>
    internal bool IsMac1Valid(ReadOnlySpan<byte> message)
    {
        var mac1 = message.Length - (2 * MessageFormat.MacSize);
        Span<byte> expected = stackalloc byte[MessageFormat.MacSize];
        Blake2s.Keyed(expected, _mac1Key, message[..mac1]);
        return CryptographicOperations.FixedTimeEquals(expected, message.Slice(mac1, MessageFormat.MacSize));
    }
}
