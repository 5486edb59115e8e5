using System.Globalization;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>Reads single values; what is wrong goes to the diagnostics, and null comes back.</summary>
internal sealed class ValueParser(DiagnosticBag diagnostics)
{
    private const int KeyTextLength = 44;

    internal SecretKey? PrivateKey(ConfigValue value)
    {
        if (!SecretKey.TryParse(value.Text, out var key))
        {
            RefuseKey(value);
            return null;
        }

        if (!key.IsZero)
            return key;
        RefuseZeroKey(value);
        return null;
    }

    internal SecretKey? PresharedKey(ConfigValue value)
    {
        if (!SecretKey.TryParse(value.Text, out var key))
        {
            RefuseKey(value);
            return null;
        }

        if (!key.IsZero)
            return key;
        diagnostics.Warning("ZeroKey", value.Place, $"{value.Name} is all zeros, which means no preshared key; leave the line out.");
        return null;
    }

    internal PublicKey? PublicKey(ConfigValue value)
    {
        Span<byte> bytes = stackalloc byte[Api.PublicKey.Size];
        if (!KeyText.TryDecode(value.Text, bytes))
        {
            RefuseKey(value);
            return null;
        }

        var key = new PublicKey(bytes);
        if (!key.IsZero)
            return key;
        RefuseZeroKey(value);
        return null;
    }

    internal uint? FwMark(ConfigValue value)
    {
        if (value.Is("off"))
            return 0;
        if (TryParseNumber(value.Text, hex: true, uint.MaxValue, out var mark))
            return mark;
        RefuseNumber(value, "a number from 0 to 4294967295 (or 0x0 to 0xffffffff) or off");
        return null;
    }

    internal RouteTable? Table(ConfigValue value)
    {
        if (value.Is("auto"))
            return RouteTable.Auto;
        if (value.Is("off"))
            return RouteTable.Off;
        if (TryParseNumber(value.Text, hex: true, uint.MaxValue, out var number) && number > 0)
            return new RouteTable(RouteTableKind.Numbered, number);
        RefuseNumber(value, "a number from 1 to 4294967295, auto or off");
        return null;
    }

    internal ushort? ListenPort(ConfigValue value) => (ushort?)Number(value, 0, ushort.MaxValue, "a port from 0 to 65535");

    internal int? Mtu(ConfigValue value) => (int?)Number(value, 576, 65535, "a number of bytes from 576 to 65535");

    internal ushort? PersistentKeepalive(ConfigValue value) =>
        value.Is("off") ? (ushort)0 : (ushort?)Number(value, 0, ushort.MaxValue, "a number of seconds from 0 to 65535 or off");

    internal bool? Boolean(ConfigValue value)
    {
        if (value.Is("true"))
            return true;
        if (value.Is("false"))
            return false;
        diagnostics.Error("InvalidValue", value.Place, $"{value.Name} must be true or false, not {ShownText.Quote(value.Text)}.");
        return null;
    }

    /// <summary>Decimal or, where allowed, hexadecimal with 0x; no sign, no white space.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> text, bool hex, uint max, out uint number)
    {
        var isHex = hex && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return (isHex
                ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
                : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            && number <= max;
    }

    private uint? Number(ConfigValue value, uint min, uint max, string what)
    {
        if (TryParseNumber(value.Text, hex: false, max, out var number) && number >= min)
            return number;
        RefuseNumber(value, what);
        return null;
    }

    private void RefuseNumber(ConfigValue value, string what) =>
        diagnostics.Error("InvalidNumber", value.Place, $"{value.Name} must be {what}, not {ShownText.Quote(value.Text)}.");

    private void RefuseZeroKey(ConfigValue value) =>
        diagnostics.Error("InvalidKey", value.Place, $"{value.Name} is all zeros, which is no usable key.");

    private void RefuseKey(ConfigValue value) => diagnostics.Error("InvalidKey", value.Place, value.Text.Length == KeyTextLength
        ? $"{value.Name} is not valid base64 for 32 bytes."
        : $"{value.Name} has {value.Text.Length} characters; a key has 44 characters of base64, which stand for 32 bytes.");
}
