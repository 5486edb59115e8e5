using System.Globalization;

namespace WireGuard.Engine.Diagnostics;

/// <summary>How many there are of something, in words.</summary>
public static class CountText
{
    /// <summary>"1 peer", "0 peers", "2 peers".</summary>
    /// <param name="noun">One of them.</param>
    /// <param name="nouns">Several, where that is more than an s behind.</param>
    public static string Of(int count, string noun, string? nouns = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : nouns ?? noun + "s")}");
}
