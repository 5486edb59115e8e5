using System.Threading.Channels;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// Hands the device's events to the clients that asked for them, to each in the same order. A client that does not
/// keep up loses its connection, not single events.
/// </summary>
internal sealed class EventStream(string tunnel, int queueLength, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<EventSubscription> _subscriptions = [];

    /// <param name="overflowed">Called once, when the queue is full; returns at once.</param>
    internal EventSubscription Subscribe(Action overflowed)
    {
        var channel = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(queueLength) { SingleReader = true });
        var subscription = new EventSubscription(this, channel, overflowed);
        lock (_lock)
            _subscriptions.Add(subscription);
        return subscription;
    }

    /// <summary>Any thread; returns at once.</summary>
    internal void Publish(DeviceEvent happened) => Publish(() => Translate(happened));

    /// <inheritdoc cref="Publish(DeviceEvent)"/>
    internal void Publish(EngineEvent happened) => Publish(() => happened with { Time = time.GetUtcNow(), Tunnel = tunnel });

    private void Publish(Func<EngineEvent> happened)
    {
        // Stamped, written and queued under one lock, so that all see one order.
        lock (_lock)
        {
            if (_subscriptions.Count == 0)
                return;
            var line = RpcText.Notification(ControlProtocol.Methods.Event, happened(), ControlJsonContext.Default.EngineEvent);
            for (var i = _subscriptions.Count - 1; i >= 0; i--)
            {
                var subscription = _subscriptions[i];
                if (subscription.Channel.Writer.TryWrite(line))
                    continue;
                _subscriptions.RemoveAt(i);
                subscription.Overflowed();
            }
        }
    }

    internal void Remove(EventSubscription subscription)
    {
        lock (_lock)
            _subscriptions.Remove(subscription);
        subscription.Channel.Writer.TryComplete();
    }

    private EngineEvent Translate(DeviceEvent happened) => new()
    {
        Kind = happened.Kind switch
        {
            DeviceEventKind.HandshakeCompleted => "handshake",
            DeviceEventKind.PeerAdded => "peer-added",
            DeviceEventKind.PeerRemoved => "peer-removed",
            DeviceEventKind.EndpointMoved => "endpoint-moved",
            DeviceEventKind.Up => "tunnel-up",
            DeviceEventKind.Down => "tunnel-down",
            _ => "error",
        },
        Time = time.GetUtcNow(),
        Tunnel = tunnel,
        PeerPublicKey = happened.Peer?.ToString(),
        PeerName = happened.PeerName,
        Detail = happened.Detail,
    };
}

/// <summary>One client's bounded queue of event lines.</summary>
internal sealed class EventSubscription(EventStream stream, Channel<byte[]> channel, Action overflowed) : IDisposable
{
    internal Channel<byte[]> Channel { get; } = channel;

    internal Action Overflowed { get; } = overflowed;

    public void Dispose() => stream.Remove(this);
}
