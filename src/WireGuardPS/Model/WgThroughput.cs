namespace WireGuard;

/// <summary>What went through a tunnel in some time, over one TCP connection each way.</summary>
public sealed class WgThroughput
{
    public required string Tunnel { get; init; }

    /// <summary>Public key of the peer at the other end; null: it has gone meanwhile.</summary>
    public string? Peer { get; init; }

    /// <summary>The peer's friendly name, if it has one.</summary>
    public string? PeerName { get; init; }

    /// <summary>Address inside the tunnel.</summary>
    public required string Target { get; init; }

    /// <summary>Bytes that this end has sent; null: that way was not measured.</summary>
    public ulong? TxBytes { get; init; }

    /// <summary>Bytes that this end has received; null: that way was not measured.</summary>
    public ulong? RxBytes { get; init; }

    /// <summary>Bytes sent in a second.</summary>
    public double? TxRate { get; init; }

    /// <summary>Bytes received in a second.</summary>
    public double? RxRate { get; init; }

    public override string ToString() =>
        $"{WgDisplay.Text(PeerName ?? Peer ?? Target)} ({Target}): {(TxRate is { } tx ? $"{WgDisplay.Bytes(tx)}/s sent" : "")}{(TxRate is not null && RxRate is not null ? ", " : "")}{(RxRate is { } rx ? $"{WgDisplay.Bytes(rx)}/s received" : "")}";
}
