using System.Globalization;

namespace WireGuard;

/// <summary>How the views of the module write quantities, for scripts that want to write them alike.</summary>
public static class WgDisplay
{
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

    /// <summary>The first eight characters of a public key, and an ellipsis.</summary>
    public static string Key(string? key) => key is { Length: > 9 } ? string.Concat(key.AsSpan(0, 8), "…") : key ?? "";
}
