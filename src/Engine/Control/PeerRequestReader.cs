using System.Net;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// Checks the params of peer methods member by member; what is wrong is told by the member's name and never by
/// repeating a key.
/// </summary>
internal static class PeerRequestReader
{
    private const int LongestName = FriendlyName.MaxLength;
    private const int LongestHost = 253; // RFC 1035, section 2.3.4, as text

    internal static PublicKey ReadKey(string? text) =>
        PublicKey.TryParse(text, out var key)
            ? key
            : throw ControlException.InvalidValue("publicKey", "a public key is 44 characters of base64 that stand for 32 bytes.");

    /// <summary>Takes the preshared key over; the caller disposes of the change that it comes to be part of.</summary>
    /// <param name="endpoint">The request's endpoint, resolved; null when it has none.</param>
    internal static PeerChange ToChange(PeerChangeRequest request, PeerChangeMode mode, IPEndPoint? endpoint) => new()
    {
        PublicKey = ReadKey(request.PublicKey),
        Mode = mode,
        Name = ReadName(request.Name),
        PresharedKey = request.PresharedKey,
        Endpoint = endpoint,
        PersistentKeepalive = ReadKeepalive(request.PersistentKeepalive),
        ReplaceAllowedIPs = request.AllowedIPs is not null && !request.AppendAllowedIPs,
        AllowedIPs = ReadAllowedIPs(request.AllowedIPs),
        ShakesHands = request.ShakeHands,
    };

    /// <summary>An IP address and port at once, or null for a name that has to be looked up.</summary>
    internal static IPEndPoint? ReadEndpoint(string text)
    {
        if (text.Length <= LongestHost + 6 && AddressText.TryReadEndpoint(Encoding.UTF8.GetBytes(text), out var endpoint))
            return endpoint;

        var colon = text.LastIndexOf(':');
        var isName = colon is > 0 and <= LongestHost
            && text.AsSpan(0, colon).IndexOfAnyExceptInRange('!', '~') < 0
            && text.AsSpan(0, colon).IndexOfAny(":[]%/@") < 0
            && text.AsSpan(0, colon).IndexOfAnyExcept("0123456789.") >= 0;
        if (isName && AddressText.TryReadNumber(Encoding.UTF8.GetBytes(text, colon + 1, text.Length - colon - 1), ushort.MaxValue, out var port) && port != 0)
            return null;
        throw ControlException.InvalidValue("endpoint", "an endpoint is HOST:PORT, IP:PORT or [IPv6]:PORT with a port from 1 to 65535.");
    }

    private static string? ReadName(string? name)
    {
        if (name is not null && (name.Length > LongestName || name.Any(char.IsControl)))
            throw ControlException.InvalidValue("name", $"a name has at most {LongestName} characters and no control characters.");
        return name;
    }

    private static ushort? ReadKeepalive(int? seconds) => seconds is null or (>= 0 and <= ushort.MaxValue)
        ? (ushort?)seconds
        : throw ControlException.InvalidValue("persistentKeepalive", $"{seconds} is not from 0 to 65535 seconds.");

    private static AllowedIPChange[] ReadAllowedIPs(IReadOnlyList<string>? texts)
    {
        var changes = new AllowedIPChange[texts?.Count ?? 0];
        Span<byte> utf8 = stackalloc byte[64];
        for (var i = 0; i < changes.Length; i++)
        {
            if (texts![i] is not { } text
                || !Encoding.UTF8.TryGetBytes(text, utf8, out var length)
                || !AddressText.TryReadPrefix(utf8[..length], lengthRequired: false, out var prefix))
                throw ControlException.InvalidValue($"allowedIPs[{i}]", "an allowed IP is ADDRESS/LENGTH, as 10.0.0.0/24 or 2001:db8::/32.");
            changes[i] = new AllowedIPChange(prefix);
        }

        return changes;
    }
}
