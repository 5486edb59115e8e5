using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>Brings a running tunnel to what a configuration says.</summary>
public sealed partial class TunnelHost
{
    public async Task<TunnelWish> ResolveAsync(TunnelWish wish, CancellationToken cancellation)
    {
        _gate.RequireChanges();
        using var now = _device!.Snapshot();
        var known = wish.Mode == SyncMode.Replace ? [] : now.Peers.Where(p => p.Endpoint is not null).Select(p => p.PublicKey).ToHashSet();
        var peers = new List<PeerWish>(wish.Peers.Count);
        foreach (var peer in wish.Peers)
        {
            // As it was written before: wherever the peer is now, it stays.
            var isSame = known.Contains(peer.PublicKey) && _endpoints.Find(peer.PublicKey) == peer.Endpoint;
            peers.Add(peer is { Endpoint: { } endpoint, Address: null } && !isSame
                ? peer with { Address = await ResolveEndpointAsync(endpoint.ToString(), current: null, cancellation) }
                : peer);
        }

        return wish with { Peers = peers };
    }

    public IReadOnlyList<TunnelDifference> Sync(TunnelWish wish, bool dryRun)
    {
        _gate.RequireChanges();
        if (_options.Enrollment is not null && EnrollmentHost.Objection(wish) is { } objection)
            throw new ControlException(ControlErrorCode.InvalidValue, objection);
        lock (_changing)
        {
            if (_settings is null && wish is { Mode: SyncMode.Set } and not { Addresses: null, DnsServers: null, Mtu: null })
                throw new ControlException(ControlErrorCode.HostNetworkFailed, "Addresses, name servers and MTU of this tunnel are whoever's who brought it up, as wg-quick.");
            using var now = _device!.Snapshot();
            var plan = SyncPlan.Create(now, wish, _settings, _endpoints);
            try
            {
                return plan.Differences(dryRun ? ChangeHost(plan, dryRun) : CarryOut(plan));
            }
            catch (HostNetworkException failure)
            {
                throw new ControlException(
                    ControlErrorCode.HostNetworkFailed,
                    failure.NotTakenBack is { } left ? $"{failure.Message}. All was taken back but one thing: {left}" : $"Nothing was changed: {failure.Message}",
                    inner: failure);
            }
        }
    }

    private HostNetworkChange? CarryOut(SyncPlan plan)
    {
        _options.Syncing?.Invoke(true);
        try
        {
            return CarryOutSilently(plan);
        }
        finally
        {
            _options.Syncing?.Invoke(false);
        }
    }

    private HostNetworkChange? CarryOutSilently(SyncPlan plan)
    {
        using var first = plan.First();
        _device!.Apply(first);
        HostNetworkChange? changed;
        try
        {
            changed = ChangeHost(plan, dryRun: false);
        }
        catch (Exception failure)
        {
            if (TakeBack(plan) is { } left)
                throw new ControlException(ControlErrorCode.HostNetworkFailed, $"{failure.Message}. All was taken back but one thing: {left}", inner: failure);
            throw;
        }

        using var last = plan.Last();
        _device.Apply(last);
        plan.Remember(_endpoints);
        _settings = plan.Host;
        return changed;
    }

    // What could not be taken back; null: nothing.
    private string? TakeBack(SyncPlan plan)
    {
        using var peers = plan.Back();
        _device!.Apply(peers);
        using var port = plan.PortBack();
        try
        {
            _device.Apply(port);
            return null;
        }
        catch (DeviceChangeException taken)
        {
            return $"the port stays {plan.Port}. {taken.Message}";
        }
    }

    private HostNetworkChange? ChangeHost(SyncPlan plan, bool dryRun)
    {
        LookAtAllNext();
        return plan.Host is { } settings ? _network!.Change(settings, dryRun) : null;
    }
}
