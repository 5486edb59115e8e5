using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Configuration;

/// <summary>
/// Addresses as inet_pton(3) reads them. <see cref="IPAddress.TryParse(string, out IPAddress)"/> alone also takes "1",
/// "0x7f.1", octal and brackets, all of which are mistakes in a configuration.
/// </summary>
internal static class IPText
{
    internal static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return (text.Contains(':') ? IsV6(text) : IsV4(text)) && IPAddress.TryParse(text, out address);
    }

    /// <summary>An IPv6 address with an optional zone, as in "fe80::1%eth0".</summary>
    internal static bool IsScopedV6(ReadOnlySpan<char> text)
    {
        var percent = text.IndexOf('%');
        if (percent < 0)
            return TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return IsScopedV6(text[..percent]) && TunnelName.HasValidCharacters(text[(percent + 1)..]);
    }

    internal static int MaxPrefixLength(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;

    /// <summary>The network that an address with host bits lies in.</summary>
    internal static IPNetwork Mask(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var index = 0; index < bytes.Length; index++)
        {
            var bits = Math.Clamp(prefixLength - (index * 8), 0, 8);
            bytes[index] &= (byte)(0xFF00 >> bits);
        }

        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }

    /// <summary>ADDRESS or ADDRESS/LENGTH; host bits are cleared, a bare address is one host.</summary>
    internal static bool TryParsePrefix(string text, out IPNetwork prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/');
        if (!TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
            return false;
        var (max, length) = (MaxPrefixLength(address), MaxPrefixLength(address));
        if (slash >= 0 && !(int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= max))
            return false;
        prefix = Mask(address, length);
        return true;
    }

    internal static bool IsDecimal(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool IsV6(ReadOnlySpan<char> text)
    {
        var dotted = text.Contains('.') ? text[(text.LastIndexOf(':') + 1)..] : default;
        return (dotted.IsEmpty || IsV4(dotted)) && text.IndexOfAnyExcept("0123456789abcdefABCDEF:.") < 0;
    }

    private static bool IsV4(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length > 3 || !IsDecimal(part) || (part.Length > 1 && part[0] == '0') || int.Parse(part) > 255)
                return false;
        }

        return parts == 4;
    }
}
