namespace WireGuard.Api;

/// <summary>tunnel.save: the file that a tunnel was started from is to say what runs.</summary>
public sealed record SaveQuery
{
    /// <summary>Nothing is written; the answer is what would be.</summary>
    public bool DryRun { get; init; }
}

/// <param name="Path">The file.</param>
/// <param name="Changes">From what it said to what it says, as of <see cref="SyncResult"/>, but no routes. Empty: it was not touched.</param>
public sealed record SaveResult(string Path, IReadOnlyList<TunnelDifference> Changes);
