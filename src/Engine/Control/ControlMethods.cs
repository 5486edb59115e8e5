using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>What the methods do, for all connections of a server. Events are the session's.</summary>
internal sealed class ControlMethods : IDisposable
{
    private static readonly ControlJsonContext s_json = ControlJsonContext.Default;

    private readonly IDeviceControl _device;
    private readonly TunnelDescriber _describer;

    // Held over a change and what the host makes of it, so that routes follow the device in the same order.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly PeerMethods _peers;

    internal ControlMethods(IDeviceControl device, ITunnelContext context, TimeProvider time)
    {
        (_device, Context) = (device, context);
        _describer = new TunnelDescriber(context, time);
        _peers = new PeerMethods(device, context, _changing);
    }

    internal ITunnelContext Context { get; }

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
                ControlProtocol.Methods.PeerAdd => await _peers.ChangeAsync(call, PeerChangeMode.AddOnly, cancellation),
                ControlProtocol.Methods.PeerSet => await _peers.ChangeAsync(call, PeerChangeMode.UpdateOnly, cancellation),
                ControlProtocol.Methods.PeerRemove => await _peers.RemoveAsync(call),
                ControlProtocol.Methods.TunnelSync => await SyncAsync(call, cancellation),
                ControlProtocol.Methods.TunnelSave => await SaveAsync(call, cancellation),
                ControlProtocol.Methods.TunnelStop or ControlProtocol.Methods.EventsSubscribe => RpcText.Result(call.Id.Span, new Done(), s_json.Done),
                _ => EnrollmentMethods.Call(call, Context, cancellation) ?? throw new ControlException(ControlErrorCode.MethodNotFound, "There is no such method."),
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
        using var snapshot = _device.Snapshot();
        return RpcText.Result(call.Id.Span, _describer.Describe(snapshot, query.IncludeSecrets), s_json.TunnelInfo);
    }

    private SecretBufferWriter GetStatus(RpcCall call)
    {
        using var snapshot = _device.Snapshot();
        return RpcText.Result(call.Id.Span, _describer.DescribeEngine(snapshot), s_json.EngineStatus);
    }

    private async Task<SecretBufferWriter> SyncAsync(RpcCall call, CancellationToken cancellation)
    {
        using var request = call.ReadParams(s_json.SyncRequest);
        var wish = await Context.ResolveAsync(SyncRequestReader.Read(request), cancellation);
        await _changing.WaitAsync(cancellation);
        try
        {
            return RpcText.Result(call.Id.Span, new SyncResult(Context.Sync(wish, request.DryRun)), s_json.SyncResult);
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
            return RpcText.Result(call.Id.Span, Context.Save(query.DryRun), s_json.SaveResult);
        }
        finally
        {
            _changing.Release();
        }
    }
}
