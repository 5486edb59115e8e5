using System.Net;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>A host's network in a namespace that the callers' threads need not be in.</summary>
internal sealed class NamespacedNetwork(NamespaceHandle inside, Func<InterfaceConfigurator> create) : IHostNetwork
{
    private readonly InterfaceConfigurator _network = inside.Run(create);

    public bool HasKillSwitch => inside.Run(() => _network.HasKillSwitch);

    public bool HasKillSwitchElsewhere => inside.Run(() => _network.HasKillSwitchElsewhere);

    public int TakeBackLeftovers(HostChoices? closed = null) => inside.Run(() => _network.TakeBackLeftovers(closed));

    public int TakeBackElsewhere() => inside.Run(_network.TakeBackElsewhere);

    public void LetLookUpsPass(HostChoices choices, bool pass) => inside.Run(() => _network.LetLookUpsPass(choices, pass));

    public void Apply(HostNetworkSettings settings) => inside.Run(() => _network.Apply(settings));

    public void Update(IReadOnlyList<IPNetwork> wanted, IReadOnlyList<IPAddress> endpoints) => inside.Run(() => _network.Update(wanted, endpoints));

    public bool TryUpdate(IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went, IPAddress? endpointBefore, IPAddress? endpoint) =>
        inside.Run(() => _network.TryUpdate(came, went, endpointBefore, endpoint));

    public HostNetworkChange Change(HostNetworkSettings wanted, bool dryRun) => inside.Run(() => _network.Change(wanted, dryRun));

    public void ChangeMark(uint mark, Action<uint> use, Action then) => inside.Run(() => _network.ChangeMark(mark, use, then));

    public void Undo(bool keepsKillSwitch = false) => inside.Run(() => _network.Undo(keepsKillSwitch));

    public void Dispose() => _network.Dispose();
}
