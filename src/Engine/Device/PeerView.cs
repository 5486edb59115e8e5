using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Device;

/// <summary>One peer of a device at one instant, and whose some prefixes are. Keys are copies that <see cref="Dispose"/> zeroes.</summary>
public sealed class PeerView : IDisposable
{
    /// <summary>The device's own; null when no private key is set.</summary>
    public PublicKey? OwnKey { get; init; }

    /// <summary>Null: it is not there.</summary>
    public PeerSnapshot? Peer { get; init; }

    /// <summary>Of the prefixes that were asked for, those that other peers have.</summary>
    public IReadOnlyList<PrefixOwner> Others { get; init; } = [];

    public void Dispose() => Peer?.PresharedKey?.Dispose();
}

/// <summary>Whose an allowed IP is.</summary>
public readonly record struct PrefixOwner(IPNetwork Prefix, PublicKey Peer, string? PeerName);
