namespace WireGuard;

/// <summary>An engine process as it was when it was asked.</summary>
public sealed class WgStatus
{
    public required string Tunnel { get; init; }

    public required string EngineVersion { get; init; }

    /// <summary>Version of the control protocol.</summary>
    public int ProtocolVersion { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public TimeSpan Uptime { get; init; }

    /// <summary>"userspace" or "kernel".</summary>
    public required string Backend { get; init; }

    /// <summary>Implementation that encrypts packets, as "AVX-512", "AVX2", "Vector128" or "scalar".</summary>
    public required string CryptoBackend { get; init; }

    /// <summary>Threads of the data path.</summary>
    public int Lanes { get; init; }

    /// <summary>Resident set size in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Processor time used since the start, over all threads.</summary>
    public TimeSpan CpuTime { get; init; }

    public int PeerCount { get; init; }

    /// <summary>Peers with a handshake less than 180 seconds ago.</summary>
    public int OnlinePeerCount { get; init; }

    /// <summary>"Open" while an enrollment window is, "Closed" for an enrollment server without one; null: the tunnel is none.</summary>
    public string? Enrollment { get; init; }

    public ulong RxBytes { get; init; }

    public ulong TxBytes { get; init; }

    /// <summary>The tunnel's name.</summary>
    public override string ToString() => Tunnel;
}
