using WireGuard.Api;

namespace WireGuard.Client;

/// <summary>The methods of the control protocol, typed.</summary>
internal static class EngineClientMethods
{
    private static ControlJsonContext Json => ControlJsonContext.Default;

    internal static Task<TunnelInfo> GetTunnelAsync(this EngineClient client, bool includeSecrets, CancellationToken cancellation) =>
        client.InvokeAsync(
            ControlProtocol.Methods.TunnelGet, new TunnelQuery { IncludeSecrets = includeSecrets }, Json.TunnelQuery, Json.TunnelInfo, cancellation);

    internal static Task<EngineStatus> GetStatusAsync(this EngineClient client, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EngineStatus, Json.EngineStatus, cancellation);

    internal static Task<PeerInfo> AddPeerAsync(this EngineClient client, PeerChangeRequest peer, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.PeerAdd, peer, Json.PeerChangeRequest, Json.PeerInfo, cancellation);

    internal static Task<PeerInfo> SetPeerAsync(this EngineClient client, PeerChangeRequest peer, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.PeerSet, peer, Json.PeerChangeRequest, Json.PeerInfo, cancellation);

    internal static Task<PeerInfo> RemovePeerAsync(this EngineClient client, PeerRemoveRequest peer, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.PeerRemove, peer, Json.PeerRemoveRequest, Json.PeerInfo, cancellation);

    internal static Task<SyncResult> SyncAsync(this EngineClient client, SyncRequest request, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.TunnelSync, request, Json.SyncRequest, Json.SyncResult, cancellation);

    internal static Task<SaveResult> SaveAsync(this EngineClient client, SaveQuery query, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.TunnelSave, query, Json.SaveQuery, Json.SaveResult, cancellation);

    /// <summary>From the answer on the connection is for <see cref="EngineClient.ReadEventAsync"/> alone.</summary>
    internal static Task<Done> SubscribeAsync(this EngineClient client, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EventsSubscribe, Json.Done, cancellation);

    internal static Task<Done> StopAsync(this EngineClient client, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.TunnelStop, Json.Done, cancellation);
}
