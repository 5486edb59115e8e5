using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>Whether a desired value and an actual one say something else. What is null is not desired.</summary>
internal static class Difference
{
    public static bool Of<T>(T? desired, T? actual)
        where T : struct => desired is { } value && !EqualityComparer<T?>.Default.Equals(value, actual);

    /// <summary>Nothing and an empty text are the same.</summary>
    public static bool Of(string? desired, string? actual) => desired is not null && desired != (actual ?? "");

    /// <summary>Whatever their order and way of writing.</summary>
    public static bool OfPrefixes(IReadOnlyList<string>? desired, IReadOnlyList<string>? actual) =>
        desired is not null && !desired.Select(Prefix).ToHashSet().SetEquals((actual ?? []).Select(Prefix));

    /// <summary>As <see cref="OfPrefixes"/>, host bits being a part.</summary>
    public static bool OfAddresses(IReadOnlyList<string>? desired, IReadOnlyList<string>? actual) =>
        desired is not null && !desired.Select(Address).ToHashSet().SetEquals((actual ?? []).Select(Address));

    /// <summary>A name says the same as each of its addresses.</summary>
    public static bool OfEndpoint(string? desired, string? actual)
    {
        if (desired is null || desired == actual)
            return false;
        if (!IPEndPoint.TryParse(actual ?? "", out var now) || desired.LastIndexOf(':') is var colon && colon < 1)
            return true;
        if (IPEndPoint.TryParse(desired, out var literal))
            return !literal.Equals(now);
        try
        {
            return desired[(colon + 1)..] != $"{now.Port}" || !Dns.GetHostAddresses(desired[..colon]).Contains(now.Address);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return true;
        }
    }

    private static string Prefix(string text) => IPText.TryParsePrefix(text, out var prefix) ? prefix.ToString() : text;

    private static string Address(string text)
    {
        var slash = text.IndexOf('/');
        return IPText.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address)
            ? $"{address}/{(slash < 0 ? $"{IPText.MaxPrefixLength(address)}" : text[(slash + 1)..])}"
            : text;
    }
}
