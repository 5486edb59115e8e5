namespace WireGuard.Engine.Device;

/// <summary>
/// The peers in the order in which they came. Any thread reads; changes come one at a time. The array is made for whoever reads
/// next and not by a change: a thousand changes in a row cost one array.
/// </summary>
internal sealed class PeerRoster
{
    private readonly Lock _lock = new();
    private readonly List<Peer> _peers = [];
    private volatile Peer[]? _all = [];

    /// <summary>Those that are there; never changed afterwards.</summary>
    internal Peer[] All => _all ?? Renew();

    /// <summary>How often an array was made; for tests.</summary>
    internal int Renewals { get; private set; }

    internal void Add(List<Peer> peers)
    {
        lock (_lock)
        {
            _peers.AddRange(peers);
            _all = null;
        }
    }

    /// <summary>Some have been marked as removed.</summary>
    internal void LetGo()
    {
        lock (_lock)
            _all = null;
    }

    private Peer[] Renew()
    {
        lock (_lock)
        {
            if (_all is { } made)
                return made;
            Renewals++;
            _peers.RemoveAll(static peer => peer.IsRemoved);
            return _all = [.. _peers];
        }
    }
}
