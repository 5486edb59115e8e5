using System.Collections.Concurrent;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Tun;

/// <summary>Collects a device's events in order.</summary>
internal sealed class TunEventRecorder
{
    private readonly BlockingCollection<TunEvent> _events = [];

    public TunEventRecorder(ITunDevice tun) => tun.Changed += _events.Add;

    /// <summary>The next event; fails when none comes.</summary>
    public TunEvent Next() => _events.TryTake(out var next, TimeSpan.FromSeconds(20)) ? next : throw new TimeoutException("No TUN event came.");

    /// <summary>True when nothing waits now.</summary>
    public bool IsEmpty => _events.Count == 0;
}
