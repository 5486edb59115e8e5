namespace WireGuard.Configuration;

/// <summary>Names of tunnels, which are names of network interfaces: 1 to 15 of a-z A-Z 0-9 _ = + . - (wg-quick(8)).</summary>
public static class TunnelName
{
    public const int MaxLength = 15;

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } and not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '=' or '+' or '.' or '-');
}
