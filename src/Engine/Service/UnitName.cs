using System.Globalization;
using System.Text;

namespace WireGuard.Engine.Service;

/// <summary>What systemd calls the unit of a tunnel.</summary>
internal static class UnitName
{
    public const string Template = "wireguard-engine@.service";

    public static string Of(string tunnel) => $"wireguard-engine@{(IsPlain(tunnel) ? tunnel : Escape(tunnel))}.service";

    /// <summary>False: the name of a tunnel may have what that of a unit may not, and the unit's says it in another way.</summary>
    public static bool IsPlain(string tunnel) => !tunnel.AsSpan().ContainsAny('=', '+');

    /// <summary>For a shell.</summary>
    public static string Quoted(string unit) => unit.Contains('\\') ? $"'{unit}'" : unit;

    /// <summary>As systemd-escape(1), so that it finds the unit by the tunnel's name. A name that is plain is left as it is, dashes too, as by wg-quick.</summary>
    private static string Escape(string tunnel)
    {
        var text = new StringBuilder();
        foreach (var letter in tunnel)
        {
            if (char.IsAsciiLetterOrDigit(letter) || letter is '_' or ':' || (letter == '.' && text.Length > 0))
                text.Append(letter);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
        }

        return text.ToString();
    }
}
