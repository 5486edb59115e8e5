namespace WireGuard.Engine.Enrollment;

/// <summary>What a client says of itself. Nothing of it is vouched for by anybody else.</summary>
internal sealed record FinishPayload(string? Name)
{
    internal void Write(Span<byte> payload)
    {
        var writer = new PayloadWriter(payload);
        if (Name is not null)
            writer.Add(PayloadType.Name, Name);
    }

    /// <summary>Null when it is not well formed.</summary>
    internal static FinishPayload? Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        string? name = null;
        while (reader.MoveNext())
        {
            if (reader.Type == PayloadType.Name ? name is not null || !PeerName.TryRead(reader.Value, out name) : reader.IsCritical)
                return null;
        }

        return reader.IsDamaged ? null : new FinishPayload(name);
    }
}
