using System.Globalization;

namespace WireGuard.Engine.Diagnostics;

/// <summary>How many there are of something, in words.</summary>
public static class CountText
{
    /// <summary>"1 peer", "0 peers", "2 peers".</summary>
    /// <param name="noun">One of them; several have an s behind.</param>
    public static string Of(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
