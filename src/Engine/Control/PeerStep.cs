using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>What a change of one peer means for the host: which prefixes came and went, and where its datagrams went and go.</summary>
public sealed record PeerStep(PublicKey Peer, IReadOnlyList<IPNetwork> Came, IReadOnlyList<IPNetwork> Went, IPAddress? EndpointBefore, IPAddress? Endpoint)
{
    /// <summary>Its endpoint as the request had it; null: the request had none.</summary>
    public string? Written { get; init; }

    /// <summary>Nothing has changed: only what the host was not told of yet is to be looked at.</summary>
    public bool IsNone { get; init; }

    internal static PeerStep None(PeerSnapshot peer) => new(peer.PublicKey, [], [], peer.Endpoint?.Address, peer.Endpoint?.Address) { IsNone = true };

    internal static PeerStep Between(PublicKey peer, PeerSnapshot? before, PeerSnapshot? after)
    {
        var (had, has) = (before?.AllowedIPs ?? [], after?.AllowedIPs ?? []);
        return new PeerStep(peer, [.. has.Except(had)], [.. had.Except(has)], before?.Endpoint?.Address, after?.Endpoint?.Address);
    }
}
