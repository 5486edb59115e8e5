using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Engine.Control;

/// <summary>
/// Addresses, prefixes and endpoints in their one usual form. <see cref="IPAddress"/> itself reads far more: "1.2",
/// octal, hexadecimal and single numbers, none of which a client can have meant.
/// </summary>
internal static class AddressText
{
    // Eight groups of four, or six and a dotted quad.
    private const int LongestAddress = 45;

    /// <summary>Decimal digits without sign, space or leading zeros.</summary>
    internal static bool TryReadNumber(ReadOnlySpan<byte> text, uint maximum, out uint number)
    {
        number = 0;
        if (text.Length is 0 or > 10 || (text.Length > 1 && text[0] == '0'))
            return false;
        ulong sum = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            sum = sum * 10 + (uint)(digit - '0');
        }

        number = (uint)Math.Min(sum, uint.MaxValue);
        return sum <= maximum;
    }

    /// <summary>An IPv4 address of four numbers, or an IPv6 address without scope.</summary>
    internal static bool TryReadAddress(ReadOnlySpan<byte> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.Length > LongestAddress)
            return false;
        if (text.Contains((byte)':'))
            return !text.ContainsAnyExcept("0123456789abcdefABCDEF:."u8) && IPAddress.TryParse(text, out address);

        Span<byte> quad = stackalloc byte[4];
        for (var i = 0; i < quad.Length; i++)
        {
            var dot = i < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (dot < 0 || !TryReadNumber(text[..dot], byte.MaxValue, out var number))
                return false;
            quad[i] = (byte)number;
            text = text[Math.Min(dot + 1, text.Length)..];
        }

        address = new IPAddress(quad);
        return true;
    }

    /// <summary>ADDRESS/LENGTH; bits beyond the length are cleared.</summary>
    /// <param name="lengthRequired">False: a bare address stands for itself alone.</param>
    internal static bool TryReadPrefix(ReadOnlySpan<byte> text, bool lengthRequired, out IPNetwork prefix)
    {
        prefix = default;
        var slash = text.IndexOf((byte)'/');
        if ((slash < 0 && lengthRequired) || !TryReadAddress(slash < 0 ? text : text[..slash], out var address))
            return false;
        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32u : 128u;
        var length = longest;
        if (slash >= 0 && !TryReadNumber(text[(slash + 1)..], longest, out length))
            return false;
        prefix = new IPNetwork(Mask(address, (int)length), (int)length);
        return true;
    }

    /// <summary>IPV4:PORT, [IPV6]:PORT or [IPV6%SCOPE]:PORT, the scope being an index or the name of an interface; no port 0.</summary>
    internal static bool TryReadEndpoint(ReadOnlySpan<byte> text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        var colon = text.LastIndexOf((byte)':');
        if (colon < 0 || !TryReadNumber(text[(colon + 1)..], ushort.MaxValue, out var port) || port == 0)
            return false;

        var host = text[..colon];
        var bracketed = host is [(byte)'[', .., (byte)']'];
        if (bracketed)
            host = host[1..^1];
        if (bracketed != host.Contains((byte)':') || !TryReadScopedAddress(host, out var address))
            return false;
        endpoint = new IPEndPoint(address, (int)port);
        return true;
    }

    /// <summary>Writes an endpoint as <see cref="TryReadEndpoint"/> reads it; 0: there was no room.</summary>
    internal static int WriteEndpoint(IPEndPoint endpoint, Span<byte> text)
    {
        var isV6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        var position = isV6 ? 1 : 0;
        if (text.Length < 2 || !endpoint.Address.TryFormat(text[position..], out var written))
            return 0;
        position += written;
        if (text.Length < position + 8)
            return 0;
        if (isV6)
        {
            text[0] = (byte)'[';
            text[position++] = (byte)']';
        }

        text[position++] = (byte)':';
        endpoint.Port.TryFormat(text[position..], out written, provider: CultureInfo.InvariantCulture);
        return position + written;
    }

    private static bool TryReadScopedAddress(ReadOnlySpan<byte> text, [NotNullWhen(true)] out IPAddress? address)
    {
        var percent = text.IndexOf((byte)'%');
        if (percent < 0)
            return TryReadAddress(text, out address);
        if (!TryReadAddress(text[..percent], out address))
            return false;

        // The base class library finds the interface; an unknown one comes back as scope 0.
        return !text[percent..].ContainsAny("/[]"u8) && IPAddress.TryParse(text, out address) && address.ScopeId != 0;
    }

    private static IPAddress Mask(IPAddress address, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var size);
        bytes = bytes[..size];
        var whole = length / 8;
        if (whole == size)
            return address;
        bytes[whole] &= (byte)(0xFF00 >> (length % 8));
        bytes[(whole + 1)..].Clear();
        return new IPAddress(bytes);
    }
}
