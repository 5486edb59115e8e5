namespace WireGuard.Client;

/// <summary>Bytes that went one way, and in what time.</summary>
internal readonly record struct ByteFlow(ulong Bytes, TimeSpan Time)
{
    /// <summary>Bytes in a second.</summary>
    internal double Rate => Time > TimeSpan.Zero ? Bytes / Time.TotalSeconds : 0;
}
