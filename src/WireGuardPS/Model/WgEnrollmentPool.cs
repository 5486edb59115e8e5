namespace WireGuard;

/// <summary>A network that an enrollment server gives addresses of.</summary>
public sealed class WgEnrollmentPool
{
    public required string Tunnel { get; init; }

    public required string Prefix { get; init; }

    /// <summary>The server's address in it.</summary>
    public required string Server { get; init; }

    /// <summary>Addresses that are given or reserved, the server's own included.</summary>
    public long Taken { get; init; }

    /// <summary>Those that are left; of a very large prefix the largest number that there is.</summary>
    public long Free { get; init; }

    /// <summary>The prefix.</summary>
    public override string ToString() => Prefix;
}
