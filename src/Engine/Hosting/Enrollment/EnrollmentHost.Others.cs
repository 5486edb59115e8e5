using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Hosting;

/// <summary>Peers that the administrator has added past the state: what they have is given to nobody who joins.</summary>
internal sealed partial class EnrollmentHost
{
    // A change is looked at before the device has it.
    private const long OnItsWay = 5_000_000_000;

    // To look at all peers of a large device for each that joins would be most of the work.
    private List<(PublicKey Key, IPNetwork Prefix)> _others = [];
    private bool _areOthersOld;
    private long _areOthersOldUntil = long.MinValue;

    private void ExpectOthers()
    {
        _areOthersOld = true;
        _areOthersOldUntil = _clock.Now + OnItsWay;
    }

    private IReadOnlyList<IPNetwork> OthersBut(PublicKey key)
    {
        var joined = _registry.State.Peers;
        if (_areOthersOld)
        {
            _areOthersOld = _clock.Now < _areOthersOldUntil;
            using var device = _look();
            _others = [.. device.Peers.Where(peer => !joined.ContainsKey(peer.PublicKey)).SelectMany(peer => peer.AllowedIPs.Select(prefix => (peer.PublicKey, prefix)))];
        }

        return [.. _others.Where(other => other.Key != key && !joined.ContainsKey(other.Key)).Select(other => other.Prefix)];
    }
}
