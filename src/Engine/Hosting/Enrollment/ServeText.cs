using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;

namespace WireGuard.Engine.Hosting;

/// <summary>What `serve`, `invite` and `join` are told in words.</summary>
internal static class ServeText
{
    /// <summary>WireGuard's usual one.</summary>
    internal const ushort UsualPort = 51820;

    /// <summary>HOST, HOST:PORT, an address, or [IPv6]:PORT.</summary>
    /// <param name="usual">The port where none is said.</param>
    internal static bool TryReadEndpoint(string text, ushort usual, [NotNullWhen(true)] out HostEndpoint? endpoint)
    {
        endpoint = null;
        var port = usual;
        var host = text;
        // Of an IPv6 address without brackets every colon is its own.
        var isBareV6 = IPAddress.TryParse(text, out var bare) && bare.AddressFamily == AddressFamily.InterNetworkV6 && !text.StartsWith('[');
        var colon = isBareV6 ? -1 : text.LastIndexOf(':');
        if (colon >= 0 && !text.EndsWith(']'))
        {
            if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
                return false;
            host = text[..colon];
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out var v6) || v6.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
        }
        else if (!isBareV6 && (host.Contains(':') || !IsName(host)))
        {
            return false;
        }

        if (port == 0)
            return false;
        endpoint = new HostEndpoint(host, port);
        return true;
    }

    /// <summary>A number with s, m, h or d behind it, or without: seconds.</summary>
    internal static bool TryReadDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var unit = text.Length == 0 ? ' ' : text[^1];
        var seconds = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        var digits = seconds == 0 ? text : text[..^1];
        if (!uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        duration = TimeSpan.FromSeconds((double)number * Math.Max(1, seconds));
        return true;
    }

    private static bool IsName(string host) => HostName.IsValid(host) || IPAddress.TryParse(host, out _);
}
