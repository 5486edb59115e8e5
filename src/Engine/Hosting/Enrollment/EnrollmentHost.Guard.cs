using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// What nobody changes past the state while the tunnel runs: its key, its port, and who has joined with which addresses.
/// Clients hold on to it, and the next start would bring it back.
/// </summary>
internal sealed partial class EnrollmentHost
{
    /// <summary>Why a tunnel that others join is not made so; null: it may be.</summary>
    internal static string? Objection(TunnelWish wish) => wish switch
    {
        { Mode: not SyncMode.Set } => "Others join this tunnel, and a configuration would take it from them: tell `serve` what is to be otherwise, and revoke who is to go.",
        { PrivateKey: not null } => KeyStays,
        { ListenPort: not null } => PortStays,
        { Addresses: not null } => "Others join this tunnel: its addresses follow from the networks that `serve --pool` names.",
        _ => null,
    };

    /// <summary>Why wg(8) or a peer method does not change the device so; null: it may.</summary>
    internal string? Objection(DeviceChange change)
    {
        lock (_lock)
        {
            if (_isStopping)
                return null;
            var state = _registry.State;
            ExpectOthers();
            return change switch
            {
                { PrivateKey: { } key } when key != state.Identity.PrivateKey => KeyStays,
                { ListenPort: { } port } when port != _setup.Port => PortStays,
                { ReplacePeers: true } when state.Peers.Count > 0 => "Peers of this tunnel have joined it: revoke those that are to go.",
                _ => change.Peers.Select(Objection).FirstOrDefault(why => why is not null),
            };
        }
    }

    private const string KeyStays = "Others join this tunnel and know it by its key: that stays.";
    private const string PortStays = "Others join this tunnel and know its port: `serve --port` changes it at the next start.";

    private string? Objection(PeerChange peer)
    {
        var changes = peer.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting || peer.PresharedKey is not null || peer.ReplaceAllowedIPs || peer.AllowedIPs.Count > 0;
        if (changes && _registry.State.Peers.ContainsKey(peer.PublicKey))
            return $"Peer {peer.PublicKey} has joined this tunnel: its addresses and its preshared key are of that. To take it out, revoke it.";
        var added = peer.AllowedIPs.Where(prefix => !prefix.Remove).Select(prefix => prefix.Prefix).ToList();
        return added.Exists(IsOfWhoJoined) ? $"Peer {peer.PublicKey} would get an address of a peer that has joined."
            : added.Exists(prefix => IsReservedForOther(prefix, peer.PublicKey)) ? $"Peer {peer.PublicKey} would get an address that is reserved for another."
            : null;
    }

    private bool IsReservedForOther(IPNetwork prefix, PublicKey key) =>
        _registry.State.Reservations.TryGetValue(prefix.BaseAddress, out var owner) && owner.Key != key && Alone(prefix.BaseAddress).Equals(prefix);

    private bool IsOfWhoJoined(IPNetwork prefix) =>
        _registry.State.Peers.Values.Any(peer => peer.Addresses.Any(address => Alone(address.Address).Equals(prefix)));
}
