namespace WireGuard.Engine.Enrollment;

/// <summary>What one side sends in the run: its share, and data that both must have seen alike.</summary>
internal readonly ref struct CPaceMessage(ReadOnlySpan<byte> share, ReadOnlySpan<byte> data)
{
    internal readonly ReadOnlySpan<byte> Share = share;
    internal readonly ReadOnlySpan<byte> Data = data;
}
