using System.Diagnostics.CodeAnalysis;

namespace WireGuard.Configuration;

/// <summary>Names of tunnels, which are names of network interfaces: 1 to 15 of a-z A-Z 0-9 _ = + . - (wg-quick(8)).</summary>
public static class TunnelName
{
    /// <summary>IFNAMSIZ without the final zero.</summary>
    public const int MaxLength = 15;

    /// <summary>What a configuration file's name ends with.</summary>
    public const string FileExtension = ".conf";

    /// <summary>The rule, as a sentence for error messages.</summary>
    public const string Rule = "A tunnel's name is 1 to 15 letters, digits or _ = + . - characters, and neither \".\" nor \"..\".";

    public static bool IsValid([NotNullWhen(true)] string? name) => name is not (null or "." or "..") && HasValidCharacters(name);

    /// <summary>"/etc/wireguard/wg0.conf" gives "wg0"; false when the file's name is not a valid name and ".conf".</summary>
    public static bool TryFromPath(string? path, [NotNullWhen(true)] out string? name)
    {
        name = Path.GetFileName(path);
        if (name is not null && name.EndsWith(FileExtension, StringComparison.Ordinal)
            && IsValid(name = name[..^FileExtension.Length]))
            return true;
        name = null;
        return false;
    }

    internal static bool HasValidCharacters(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '=' or '+' or '.' or '-'))
                return false;
        }

        return true;
    }
}
