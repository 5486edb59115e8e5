using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using WireGuard.Engine.Control;

namespace WireGuard.Fuzz;

/// <summary>What the cross-platform configuration protocol says to one request that sets, read from its text alone.</summary>
internal static partial class UapiJudge
{
    // What is longer may be refused for that.
    private const int LongestJudged = 200;

    /// <summary>The errno to expect, or null where the text does not decide it: several requests, scopes, long lines.</summary>
    internal static int? Judge(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (!text.StartsWith("set=1\n", StringComparison.Ordinal) || !text.EndsWith("\n\n", StringComparison.Ordinal))
            return null;
        var lines = text[..^2].Split('\n')[1..];
        if (lines.Any(line => line.Length is 0 or > LongestJudged || line.Contains('%')))
            return null;
        var ofPeer = false;
        string? port = null;
        foreach (var line in lines)
        {
            var separator = line.IndexOf('=');
            if (separator <= 0)
                return UapiErrno.Protocol;
            var (key, value) = (line[..separator], line[(separator + 1)..]);
            ofPeer |= key == "public_key";
            if (!(ofPeer ? IsRightForPeer(key, value) : IsRightForDevice(key, value)))
                return UapiErrno.Invalid;
            port = key == "listen_port" ? value : port;
        }

        return port == UapiText.TakenPort.ToString(CultureInfo.InvariantCulture) ? UapiErrno.AddressInUse : UapiErrno.Success;
    }

    private static bool IsRightForDevice(string key, string value) => key switch
    {
        "private_key" => Key().IsMatch(value),
        "listen_port" => IsNumber(value, ushort.MaxValue),
        "fwmark" => IsNumber(value, uint.MaxValue),
        "replace_peers" => value == "true",
        _ => false,
    };

    private static bool IsRightForPeer(string key, string value) => key switch
    {
        "public_key" or "preshared_key" => Key().IsMatch(value),
        "remove" or "update_only" or "replace_allowed_ips" => value == "true",
        "protocol_version" => value == "1",
        "persistent_keepalive_interval" => IsNumber(value, ushort.MaxValue),
        "endpoint" => IsEndpoint(value),
        "allowed_ip" => IsPrefix(value.StartsWith('-') ? value[1..] : value),
        _ => false,
    };

    private static bool IsNumber(string text, long most) => Number().IsMatch(text) && text.Length < 18 && long.Parse(text, CultureInfo.InvariantCulture) <= most;

    private static bool IsEndpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !IsNumber(text[(colon + 1)..], ushort.MaxValue) || text[(colon + 1)..] == "0")
            return false;
        var host = text[..colon];
        return host.StartsWith('[') ? host.EndsWith(']') && IsIPv6(host[1..^1]) : IsIPv4(host);
    }

    private static bool IsPrefix(string text)
    {
        var slash = text.IndexOf('/');
        if (slash < 0)
            return false;
        var (address, length) = (text[..slash], text[(slash + 1)..]);
        return (IsIPv4(address) && IsNumber(length, 32)) || (IsIPv6(address) && IsNumber(length, 128));
    }

    private static bool IsIPv4(string text) => Quad().Match(text) is { Success: true } match && match.Groups[1].Captures.All(c => IsNumber(c.Value, 255));

    private static bool IsIPv6(string text) => text.Contains(':') && text.Length <= 45 && IPv6Characters().IsMatch(text) && IPAddress.TryParse(text, out _);

    [GeneratedRegex(@"\A[0-9A-Fa-f]{64}\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"\A(0|[1-9][0-9]*)\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"\A(?:([0-9]+)(?:\.(?!\z)|\z)){4}\z")]
    private static partial Regex Quad();

    [GeneratedRegex(@"\A[0-9A-Fa-f:.]+\z")]
    private static partial Regex IPv6Characters();
}
