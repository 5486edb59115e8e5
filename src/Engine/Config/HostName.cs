namespace WireGuard.Configuration;

/// <summary>Host and domain names (RFC 1123, section 2.1), with the underscore that real zones have.</summary>
internal static class HostName
{
    /// <summary>At most 253 characters without a final dot, labels of 1 to 63 characters.</summary>
    internal static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.EndsWith("."))
            text = text[..^1];
        if (text.Length is 0 or > 253)
            return false;
        ReadOnlySpan<char> last = default;
        foreach (var range in text.Split('.'))
        {
            last = text[range];
            if (!IsLabel(last))
                return false;
        }

        return !IsNumber(last);
    }

    /// <summary>A search domain; "~" before it makes it a routing-only domain (systemd-resolved), and "~." means every name.</summary>
    internal static bool IsValidSearchDomain(ReadOnlySpan<char> text) =>
        text.StartsWith("~") ? text is "~." || IsValid(text[1..]) : IsValid(text);

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
            return false;
        foreach (var c in label)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }

        return true;
    }

    // Resolvers read a name whose last label is a number as an address in one of IPv4's old notations.
    private static bool IsNumber(ReadOnlySpan<char> label) =>
        IPText.IsDecimal(label)
        || (label.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && label[2..].IndexOfAnyExcept("0123456789abcdefABCDEF") < 0);
}
