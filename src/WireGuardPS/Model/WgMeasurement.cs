namespace WireGuard;

/// <summary>Echoes that were sent through a tunnel and came back.</summary>
public sealed class WgMeasurement
{
    public required string Tunnel { get; init; }

    /// <summary>Public key of the peer that has the address.</summary>
    public required string Peer { get; init; }

    /// <summary>The peer's friendly name, if it has one.</summary>
    public string? PeerName { get; init; }

    /// <summary>Address inside the tunnel.</summary>
    public required string Target { get; init; }

    public int Sent { get; init; }

    public int Received { get; init; }

    /// <summary>Percent of what was sent.</summary>
    public double Loss => Sent == 0 ? 0 : 100.0 * (Sent - Received) / Sent;

    /// <summary>Milliseconds; null when nothing came back.</summary>
    public double? MinRoundTrip { get; init; }

    /// <inheritdoc cref="MinRoundTrip"/>
    public double? MedianRoundTrip { get; init; }

    /// <inheritdoc cref="MinRoundTrip"/>
    public double? MaxRoundTrip { get; init; }

    /// <summary>False: the peer's counters did not grow by what was sent, so that it went another way.</summary>
    public bool WentThroughTunnel { get; init; }

    public override string ToString() => $"{PeerName ?? Peer} ({Target}): {Received}/{Sent}, {(MedianRoundTrip is { } rtt ? $"{rtt:0.000} ms" : "no answer")}";
}
