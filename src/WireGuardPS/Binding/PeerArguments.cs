using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>Checks what describes a peer before the engine is asked, in wg(8)'s grammar.</summary>
internal static class PeerArguments
{
    /// <summary>Names a peer that may be there, with a key of zeros too: wg(8) can add such a peer.</summary>
    /// <exception cref="WgException">InvalidKey.</exception>
    internal static string ParsePublicKey(string text) => Parse(text).ToString();

    /// <summary>The key of a peer to be added; zeros, with which no handshake can succeed, are refused.</summary>
    /// <exception cref="WgException">InvalidKey.</exception>
    internal static string ParseNewPublicKey(string text)
    {
        var key = Parse(text);
        return key.IsZero ? throw new WgException(ErrorIds.InvalidKey, "A public key of zeros is no usable key.") : key.ToString();
    }

    /// <summary>Prefixes, one or several to a string (commas, blanks); host bits are cleared, a bare address is one host.</summary>
    /// <exception cref="WgException">InvalidAllowedIP.</exception>
    internal static IReadOnlyList<string> ParseAllowedIPs(IEnumerable<string> texts)
    {
        var prefixes = new List<string>();
        foreach (var text in texts)
        {
            foreach (var item in text.Split([',', ' ', '\t', ';'], StringSplitOptions.RemoveEmptyEntries))
            {
                var prefix = ParsePrefix(item);
                if (!prefixes.Contains(prefix))
                    prefixes.Add(prefix);
            }
        }

        return prefixes;
    }

    /// <summary>Addresses, one or several to a string (commas, blanks); a length, as where they are listed, says nothing.</summary>
    /// <exception cref="WgException">InvalidValue.</exception>
    internal static IReadOnlyList<string> ParseAddresses(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split([',', ' ', '\t', ';'], StringSplitOptions.RemoveEmptyEntries)).Select(ParseAddress).Distinct()];

    private static string ParseAddress(string text)
    {
        var slash = text.IndexOf('/');
        return IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address)
            ? address.ToString()
            : throw new WgException(ErrorIds.InvalidValue, $"{KeyLike.Quoted(text)} is no address, as 10.150.0.7 or fd42:150::7.");
    }

    /// <summary>HOST:PORT, IPv4:PORT or [IPv6]:PORT.</summary>
    /// <exception cref="WgException">InvalidEndpoint.</exception>
    internal static string ParseEndpoint(string text)
    {
        var trimmed = text.Trim();
        var colon = trimmed.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(trimmed.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0
            || !IsHost(trimmed[..colon]))
        {
            throw new WgException(ErrorIds.InvalidEndpoint, $"{KeyLike.Quoted(text)} is no endpoint.");
        }

        return trimmed;
    }

    /// <summary>Where a server is reached: as <see cref="ParseEndpoint"/>, or without a port, or an IPv6 address without brackets.</summary>
    /// <exception cref="WgException">InvalidEndpoint.</exception>
    internal static string ParseReachableHost(string text)
    {
        var trimmed = text.Trim();
        var isAddress = IPAddress.TryParse(trimmed, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return trimmed.Length > 0 && (isAddress || IsHost(trimmed)) ? trimmed : ParseEndpoint(trimmed);
    }

    private static PublicKey Parse(string text)
    {
        try
        {
            return PublicKey.Parse(text.Trim());
        }
        catch (FormatException e)
        {
            throw new WgException(ErrorIds.InvalidKey, e.Message, e);
        }
    }

    private static bool IsHost(string host)
    {
        if (host is ['[', .. var inner, ']'])
            return IPAddress.TryParse(inner, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6;
        foreach (var c in host)
        {
            if (char.IsWhiteSpace(c) || c is ':' or '[' or ']' or '/')
                return false;
        }

        return true;
    }

    private static string ParsePrefix(string text)
    {
        var slash = text.IndexOf('/');
        var addressText = slash < 0 ? text : text[..slash];
        if (!IsAddress(addressText, out var address))
            throw Invalid(text);
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var length = bits;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            throw Invalid(text);
        }

        return new IPNetwork(ClearHostBits(address, length), length).ToString();
    }

    // IPAddress alone takes "10.1" and "1" for IPv4, and scopes for IPv6.
    private static bool IsAddress(string text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && !text.Contains('%') && !text.Contains('[')
        && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(c => c == '.') == 3);

    private static IPAddress ClearHostBits(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (i * 8), 0, 8));
        return new IPAddress(bytes);
    }

    private static WgException Invalid(string text) =>
        new(ErrorIds.InvalidAllowedIP, $"{KeyLike.Quoted(text)} is no IP prefix.");
}
