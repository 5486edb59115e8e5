using System.Globalization;

namespace WireGuard.Engine.Cli;

/// <summary>Ages and amounts as wg(8) shows them.</summary>
public static class HumanText
{
    private static readonly (long Seconds, string Name)[] Units =
    [
        (365 * 24 * 60 * 60, "year"), (24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute"), (1, "second"),
    ];

    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>"1 minute, 5 seconds ago", "Now"; for a time ahead "(the clock went back)".</summary>
    public static string Ago(TimeSpan age) =>
        age < TimeSpan.Zero ? "(the clock went back)"
        : age < TimeSpan.FromSeconds(1) ? "Now"
        : Duration(age) + " ago";

    /// <summary>"1 minute, 5 seconds": whole units, the zero ones left out.</summary>
    public static string Duration(TimeSpan duration)
    {
        var left = (long)duration.TotalSeconds;
        var parts = new List<string>();
        foreach (var (seconds, name) in Units)
        {
            var count = left / seconds;
            left %= seconds;
            if (count > 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {name}{(count == 1 ? "" : "s")}"));
        }

        return parts.Count == 0 ? "0 seconds" : string.Join(", ", parts);
    }

    /// <summary>"532 B", "1.25 KiB": binary units, two digits behind the point.</summary>
    public static string Bytes(ulong bytes)
    {
        if (bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        var unit = 0;
        var value = (double)bytes;
        while (value >= 1024 && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {ByteUnits[unit]}");
    }
}
