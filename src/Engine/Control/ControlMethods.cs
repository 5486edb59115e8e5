using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>What the methods do, for all connections of a server. Events are the session's.</summary>
internal sealed class ControlMethods(IDeviceControl device, ITunnelContext context, TimeProvider time) : IDisposable
{
    private static readonly ControlJsonContext s_json = ControlJsonContext.Default;

    private readonly TunnelDescriber _describer = new(context, time);

    // Held over a change and what the host makes of it, so that routes follow the device in the same order.
    private readonly SemaphoreSlim _changing = new(1, 1);

    internal ITunnelContext Context => context;

    /// <summary>Writes the answer. Not to be broken off by a client that leaves: a change is carried through.</summary>
    /// <exception cref="ControlException">What to answer instead.</exception>
    internal async Task<SecretBufferWriter> CallAsync(RpcCall call, ClientAccess access, CancellationToken cancellation)
    {
        Require(call, access);
        try
        {
            return call.Method switch
            {
                ControlProtocol.Methods.TunnelGet => GetTunnel(call, access),
                ControlProtocol.Methods.EngineStatus => GetStatus(call),
                ControlProtocol.Methods.PeerAdd => await ChangePeerAsync(call, PeerChangeMode.AddOnly, cancellation),
                ControlProtocol.Methods.PeerSet => await ChangePeerAsync(call, PeerChangeMode.UpdateOnly, cancellation),
                ControlProtocol.Methods.PeerRemove => await RemovePeerAsync(call),
                ControlProtocol.Methods.TunnelSync => await SyncAsync(call, cancellation),
                ControlProtocol.Methods.TunnelSave => await SaveAsync(call, cancellation),
                ControlProtocol.Methods.TunnelStop or ControlProtocol.Methods.EventsSubscribe => RpcText.Result(call.Id.Span, new Done(), s_json.Done),
                _ => EnrollmentMethods.Call(call, context) ?? throw new ControlException(ControlErrorCode.MethodNotFound, "There is no such method."),
            };
        }
        catch (DeviceChangeException e)
        {
            throw ControlException.From(e);
        }
    }

    public void Dispose() => _changing.Dispose();

    // A dry run is not only a look: it has names looked up, and tells what is in the file.
    private static void Require(RpcCall call, ClientAccess access)
    {
        var isLook = call.Method is ControlProtocol.Methods.TunnelGet or ControlProtocol.Methods.EngineStatus or ControlProtocol.Methods.EnrollmentStatus
            or ControlProtocol.Methods.EventsSubscribe;
        if (access < ClientAccess.Change && !isLook)
            throw new ControlException(ControlErrorCode.AccessDenied, "Members of the control group may look at this tunnel, and not change it.");
    }

    private SecretBufferWriter GetTunnel(RpcCall call, ClientAccess access)
    {
        var query = call.Params.IsEmpty ? new TunnelQuery() : call.ReadParams(s_json.TunnelQuery);
        if (query.IncludeSecrets && access != ClientAccess.Full)
            throw new ControlException(ControlErrorCode.AccessDenied, "includeSecrets: only root and the engine's own user may see keys.", "includeSecrets");
        using var snapshot = device.Snapshot();
        return RpcText.Result(call.Id.Span, _describer.Describe(snapshot, query.IncludeSecrets), s_json.TunnelInfo);
    }

    private SecretBufferWriter GetStatus(RpcCall call)
    {
        using var snapshot = device.Snapshot();
        return RpcText.Result(call.Id.Span, _describer.DescribeEngine(snapshot), s_json.EngineStatus);
    }

    private async Task<SecretBufferWriter> ChangePeerAsync(RpcCall call, PeerChangeMode mode, CancellationToken cancellation)
    {
        var request = call.ReadParams(s_json.PeerChangeRequest);
        using var presharedKey = request.PresharedKey;

        // Everything is checked before a name is looked up: that can take seconds.
        var endpoint = request.Endpoint is null ? null : PeerRequestReader.ReadEndpoint(request.Endpoint);
        var peer = PeerRequestReader.ToChange(request, mode, endpoint);
        if (request.Endpoint is not null && endpoint is null)
            peer = peer with { Endpoint = await context.ResolveEndpointAsync(request.Endpoint, cancellation) };

        using var change = new DeviceChange { Peers = [peer] };
        await _changing.WaitAsync(cancellation);
        try
        {
            using var before = device.Snapshot();
            device.Apply(change);
            await TellHostAsync(before, peer);
        }
        finally
        {
            _changing.Release();
        }

        using var after = device.Snapshot();
        var result = after.Peers.FirstOrDefault(p => p.PublicKey == peer.PublicKey);
        if (result is null && after.PublicKey == peer.PublicKey)
            throw ControlException.InvalidValue("publicKey", "this is the tunnel's own public key.");
        return result is null
            ? throw new ControlException(ControlErrorCode.PeerNotFound, "The peer was removed by somebody else in the meantime.")
            : RpcText.Result(call.Id.Span, TunnelDescriber.Describe(result, includeSecrets: false), s_json.PeerInfo);
    }

    private async Task<SecretBufferWriter> SyncAsync(RpcCall call, CancellationToken cancellation)
    {
        using var request = call.ReadParams(s_json.SyncRequest);
        var wish = await context.ResolveAsync(SyncRequestReader.Read(request), cancellation);
        await _changing.WaitAsync(cancellation);
        try
        {
            return RpcText.Result(call.Id.Span, new SyncResult(context.Sync(wish, request.DryRun)), s_json.SyncResult);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<SecretBufferWriter> SaveAsync(RpcCall call, CancellationToken cancellation)
    {
        var query = call.Params.IsEmpty ? new SaveQuery() : call.ReadParams(s_json.SaveQuery);
        await _changing.WaitAsync(cancellation);
        try
        {
            return RpcText.Result(call.Id.Span, context.Save(query.DryRun), s_json.SaveResult);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task TellHostAsync(DeviceSnapshot before, PeerChange applied)
    {
        try
        {
            await context.PeersChangedAsync();
        }
        catch (ControlException)
        {
            using var rollback = PeerRollback.Create(before, applied);
            device.Apply(rollback);
            throw;
        }
    }

    private async Task<SecretBufferWriter> RemovePeerAsync(RpcCall call)
    {
        var publicKey = PeerRequestReader.ReadKey(call.ReadParams(s_json.PeerKey).PublicKey);
        using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = publicKey, Mode = PeerChangeMode.RemoveExisting }] };
        await _changing.WaitAsync();
        try
        {
            using var before = device.Snapshot();
            device.Apply(change);
            await TellHostAsync(before, change.Peers[0]);
            var removed = before.Peers.FirstOrDefault(p => p.PublicKey == publicKey) ?? new PeerSnapshot { PublicKey = publicKey, AllowedIPs = [] };
            return RpcText.Result(call.Id.Span, TunnelDescriber.Describe(removed, includeSecrets: false), s_json.PeerInfo);
        }
        finally
        {
            _changing.Release();
        }
    }
}
