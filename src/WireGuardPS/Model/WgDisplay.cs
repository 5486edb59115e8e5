using System.Globalization;
using WireGuard.Configuration;

namespace WireGuard;

/// <summary>How the views of the module write quantities, for scripts that want to write them alike.</summary>
public static class WgDisplay
{
    private const string Separator = ", ";

    /// <summary>"0 B", "1.21 KiB", "3.40 GiB": powers of 1024, three figures.</summary>
    public static string Bytes(double bytes)
    {
        if (bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B");
        var unit = 0;
        // 1023.5 and more would round to four figures: the next unit is due.
        for (bytes /= 1024; bytes >= 999.5 && unit < 5; unit++)
            bytes /= 1024;
        var format = bytes < 9.995 ? "0.00" : bytes < 99.95 ? "0.0" : "0";
        return bytes.ToString(format, CultureInfo.InvariantCulture) + " " + "KMGTPE"[unit] + "iB";
    }

    /// <summary>"12s", "3m 07s", "5h 02m", "8d 04h"; "never" for TimeSpan.MaxValue.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        _ when age == TimeSpan.MaxValue => "never",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalSeconds}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m {age.Seconds:00}s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Hours}h {age.Minutes:00}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.Days}d {age.Hours:00}h"),
    };

    /// <summary>As it is, but for what could move a cursor or turn a line, which is written as \u{202E}: names are others' to choose.</summary>
    public static string Text(string? text) => text is null ? "" : ShownText.Escaped(text);

    /// <summary>The friendly name, else the key as <see cref="Key"/> writes it.</summary>
    public static string Peer(string? name, string? key) => string.IsNullOrEmpty(name) ? Key(key) : Text(name);

    /// <summary>What fits, and how many more there are: "10.0.0.0/24, +3".</summary>
    public static string List(string[]? items, int width)
    {
        if (items is null or [])
            return "";
        var (count, length) = (0, 0);
        while (count < items.Length && length + items[count].Length + More(count + 1).Length <= width)
            length += items[count++].Length + Separator.Length;
        var shown = count == 0 ? [Cut(items[0], width - More(1).Length)] : items.Take(count);
        return string.Join(Separator, shown) + More(Math.Max(1, count));

        string More(int after) => after < items.Length ? string.Create(CultureInfo.InvariantCulture, $"{Separator}+{items.Length - after}") : "";
    }

    /// <summary>An endpoint in so many columns: a long address is cut, its port stays.</summary>
    public static string Endpoint(string? endpoint, int width)
    {
        if (endpoint is null || endpoint.Length <= width)
            return Text(endpoint);
        var colon = endpoint.LastIndexOf(':');
        var end = colon > 0 && endpoint[colon - 1] == ']' ? colon - 1 : Math.Max(0, colon);
        return Text(Cut(endpoint[..end], width - (endpoint.Length - end)) + endpoint[end..]);
    }

    /// <summary>The first eight characters of a public key, and an ellipsis.</summary>
    public static string Key(string? key) => key is { Length: > 9 } ? string.Concat(key.AsSpan(0, 8), "…") : key ?? "";

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, Math.Max(0, width - 1)), "…");
}
