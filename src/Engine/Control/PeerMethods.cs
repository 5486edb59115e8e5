using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// peer.add, peer.set and peer.remove, one at a time. What they cost does not grow with the number of other peers: thousands of
/// them come one by one.
/// </summary>
/// <param name="changing">Held over a change and what the host makes of it.</param>
internal sealed class PeerMethods(IDeviceControl device, ITunnelContext context, SemaphoreSlim changing)
{
    private static readonly ControlJsonContext s_json = ControlJsonContext.Default;

    internal async Task<SecretBufferWriter> ChangeAsync(RpcCall call, PeerChangeMode mode, CancellationToken cancellation)
    {
        var request = call.ReadParams(s_json.PeerChangeRequest);
        using var presharedKey = request.PresharedKey;

        // Everything is checked before a name is looked up: that can take seconds.
        var endpoint = request.Endpoint is null ? null : PeerRequestReader.ReadEndpoint(request.Endpoint);
        var peer = PeerRequestReader.ToChange(request, mode, endpoint);
        if (request.Endpoint is not null && endpoint is null)
        {
            using var now = device.Look(peer.PublicKey, []);
            peer = peer with { Endpoint = await context.ResolveEndpointAsync(request.Endpoint, now.Peer?.Endpoint, cancellation) };
        }

        using var change = new DeviceChange { Peers = [peer] };
        var answer = await CarryOutAsync(change, request.Endpoint, request.DryRun, cancellation);
        return RpcText.Result(call.Id.Span, answer, s_json.PeerInfo);
    }

    internal async Task<SecretBufferWriter> RemoveAsync(RpcCall call)
    {
        var request = call.ReadParams(s_json.PeerRemoveRequest);
        var publicKey = PeerRequestReader.ReadKey(request.PublicKey);
        using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = publicKey, Mode = PeerChangeMode.RemoveExisting }] };
        var answer = await CarryOutAsync(change, null, request.DryRun, CancellationToken.None);
        return RpcText.Result(call.Id.Span, answer, s_json.PeerInfo);
    }

    /// <param name="endpoint">As it was written.</param>
    /// <returns>The peer as it is or would be, or before it went, with what is different.</returns>
    private async Task<PeerInfo> CarryOutAsync(DeviceChange change, string? endpoint, bool dryRun, CancellationToken cancellation)
    {
        var peer = change.Peers[0];
        await changing.WaitAsync(cancellation);
        try
        {
            using var before = device.Look(peer.PublicKey, peer.AllowedIPs.Select(allowed => allowed.Prefix));
            if (before.OwnKey == peer.PublicKey && peer.Mode == PeerChangeMode.AddOnly)
                throw ControlException.InvalidValue("publicKey", "this is the tunnel's own public key.");
            if (before.Peer is { } there && peer.Mode == PeerChangeMode.AddOnly)
            {
                var same = DescribeAsAdded(there, peer, endpoint);
                if (!dryRun)
                    await context.PeersChangedAsync(PeerStep.None(there));
                return same;
            }

            var foreseen = PeerDifferences.Foresee(before.Peer, peer);
            var isSame = foreseen is not null && !PeerDifferences.Between(before.Peer, foreseen).Any();
            // What is so already is not touched: packets go on while a list would be made anew.
            var isLeft = dryRun || (isSame && !peer.ShakesHands);
            var restoreWritten = context.KeepWritten(peer.PublicKey);
            device.Apply(change, isLeft);
            // What others did to the host meanwhile, or wg(8) to the peer, has been told to nobody.
            if (isSame && isLeft && !dryRun)
                await context.PeersChangedAsync(PeerStep.None(before.Peer!) with { Written = endpoint });
            if (isLeft)
                return Describe(before, foreseen, endpoint);
            using var after = device.Look(peer.PublicKey, []);
            await TellHostAsync(before, after.Peer, peer, endpoint, restoreWritten);
            if (after.Peer is null && foreseen is not null)
                throw new ControlException(ControlErrorCode.PeerNotFound, "The peer was removed by somebody else in the meantime.");
            return Describe(before, after.Peer, endpoint);
        }
        finally
        {
            changing.Release();
        }
    }

    private static PeerInfo Describe(PeerView before, PeerSnapshot? after, string? endpoint) => TunnelDescriber.Describe((after ?? before.Peer)!, includeSecrets: false) with
    {
        Changes = [.. PeerDifferences.Between(before.Peer, after, endpoint), .. PeerDifferences.Taken(before, after)],
    };

    /// <summary>Whoever adds a peer that is there as it is to be has what was asked for; wherever it roamed to since.</summary>
    private PeerInfo DescribeAsAdded(PeerSnapshot there, PeerChange peer, string? endpoint)
    {
        var wanted = PeerDifferences.Foresee(null, peer)!;
        if (endpoint is null || (there.Endpoint is not null && context.WasWritten(there.PublicKey, endpoint)))
            wanted = wanted with { Endpoint = there.Endpoint };
        var others = PeerDifferences.Between(there, wanted).Select(difference => difference.Property).Distinct().ToList();
        return others.Count == 0
            ? TunnelDescriber.Describe(there, includeSecrets: false) with { Changes = [] }
            : throw new ControlException(ControlErrorCode.PeerExists, $"Peer {peer.PublicKey} is already there, with another {string.Join(", ", others)}.");
    }

    private async Task TellHostAsync(PeerView before, PeerSnapshot? after, PeerChange applied, string? endpoint, Action restoreWritten)
    {
        try
        {
            await context.PeersChangedAsync(PeerStep.Between(applied.PublicKey, before.Peer, after) with { Written = endpoint });
        }
        catch (ControlException)
        {
            using var rollback = PeerRollback.Create(before, applied);
            device.Apply(rollback);
            if (PeerRollback.TouchesEndpoint(applied))
                restoreWritten();
            throw;
        }
    }
}
