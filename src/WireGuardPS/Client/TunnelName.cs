namespace WireGuard.Client;

/// <summary>The names that a tunnel may have: those that wg-quick(8) takes and Linux allows for an interface.</summary>
internal static class TunnelName
{
    internal const int MaxLength = 15;

    internal static bool IsValid(string name)
    {
        if (name.Length is 0 or > MaxLength || name is "." or "..")
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '=' or '+' or '.' or '-'))
                return false;
        }

        return true;
    }
}
