using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Device;

/// <summary>
/// What the control path may do to a device: UAPI, control socket and start-up all speak to this and nothing else.
/// Calls may come from any thread; they are serialised inside.
/// </summary>
public interface IDeviceControl
{
    /// <summary>A consistent copy of everything; disposing it zeroes the keys in it.</summary>
    DeviceSnapshot Snapshot();

    /// <summary>Of one peer alone, however many others there are, and of whose these prefixes are.</summary>
    PeerView Look(PublicKey peer, IEnumerable<IPNetwork> prefixes);

    /// <summary>Validates the whole change, then applies the whole change; nothing is applied when it throws.</summary>
    /// <param name="dryRun">It is validated and nothing is applied.</param>
    /// <exception cref="DeviceChangeException">What is wrong with it, or which part of the system refused.</exception>
    void Apply(DeviceChange change, bool dryRun = false);

    /// <summary>Raised on any thread, after the fact; handlers return at once.</summary>
    event Action<DeviceEvent>? EventRaised;
}

public enum DeviceEventKind
{
    HandshakeCompleted,
    PeerAdded,
    PeerRemoved,
    EndpointMoved,
    Up,
    Down,
    Error,
}

public sealed record DeviceEvent(DeviceEventKind Kind, PublicKey? Peer = null, string? PeerName = null, string? Detail = null);

/// <summary>Null members stay as they are. The change owns its keys: <see cref="Dispose"/> zeroes them.</summary>
public sealed class DeviceChange : IDisposable
{
    /// <summary>A zero key removes the private key.</summary>
    public SecretKey? PrivateKey { get; init; }

    /// <summary>0: a random one; the sockets are bound anew.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary>0: none.</summary>
    public uint? FwMark { get; init; }

    /// <summary>All peers go, sessions and counters with them, before <see cref="Peers"/> come: what wg setconf asks for.</summary>
    public bool ReplacePeers { get; init; }

    /// <summary>Applied in order; the same peer may come more than once.</summary>
    public IReadOnlyList<PeerChange> Peers { get; init; } = [];

    /// <summary>The same but for the mark. The keys stay this one's.</summary>
    public DeviceChange WithMark(uint? mark) => new()
    {
        PrivateKey = PrivateKey,
        ListenPort = ListenPort,
        FwMark = mark,
        ReplacePeers = ReplacePeers,
        Peers = Peers,
    };

    public void Dispose()
    {
        PrivateKey?.Dispose();
        foreach (var peer in Peers)
            peer.PresharedKey?.Dispose();
    }
}

/// <summary>How a <see cref="PeerChange"/> takes a peer that is there, or is not.</summary>
public enum PeerChangeMode
{
    /// <summary>Add or change.</summary>
    AddOrUpdate,

    /// <summary>Change; silently nothing when it is not there (UAPI update_only).</summary>
    UpdateIfPresent,

    /// <summary>Fails with PeerExists when it is there.</summary>
    AddOnly,

    /// <summary>Fails with PeerNotFound when it is not there.</summary>
    UpdateOnly,

    /// <summary>Remove; nothing when it is not there.</summary>
    Remove,

    /// <summary>Fails with PeerNotFound when it is not there.</summary>
    RemoveExisting,
}

public sealed record PeerChange
{
    public required PublicKey PublicKey { get; init; }

    public PeerChangeMode Mode { get; init; }

    /// <summary>Friendly name; "" clears it.</summary>
    public string? Name { get; init; }

    /// <summary>A zero key clears it.</summary>
    public SecretKey? PresharedKey { get; init; }

    public IPEndPoint? Endpoint { get; init; }

    /// <summary>The peer is as if none had ever been known; for taking a change back.</summary>
    public bool ForgetEndpoint { get; init; }

    /// <summary>Seconds; 0: off.</summary>
    public ushort? PersistentKeepalive { get; init; }

    /// <summary>The peer's list is emptied before <see cref="AllowedIPs"/>.</summary>
    public bool ReplaceAllowedIPs { get; init; }

    public IReadOnlyList<AllowedIPChange> AllowedIPs { get; init; } = [];

    /// <summary>Sessions that are send no more, and a handshake begins at once, however short ago the last one was.</summary>
    public bool ShakesHands { get; init; }

    public sealed override string ToString() => $"{Mode} {PublicKey}";
}

/// <summary>A prefix to give to the peer (taken from any other that has it) or, with <paramref name="Remove"/>, to take from it if it is its own.</summary>
public readonly record struct AllowedIPChange(IPNetwork Prefix, bool Remove = false);

public enum DeviceChangeError
{
    InvalidValue,
    PeerExists,
    PeerNotFound,
    AddressInUse,
    AccessDenied,
    SocketFailed,
}

/// <summary>A change that was refused as a whole.</summary>
public sealed class DeviceChangeException(DeviceChangeError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public DeviceChangeError Error { get; } = error;
}

/// <summary>A device at one instant. Keys are copies that <see cref="Dispose"/> zeroes.</summary>
public sealed class DeviceSnapshot : IDisposable
{
    public required string Name { get; init; }

    /// <summary>Clamped; null when none is set.</summary>
    public SecretKey? PrivateKey { get; init; }

    public PublicKey? PublicKey { get; init; }

    public required ushort ListenPort { get; init; }

    public required uint FwMark { get; init; }

    public required int Mtu { get; init; }

    public required bool IsUp { get; init; }

    /// <summary>Bytes as the kernel driver counts them, over all peers that are or were there.</summary>
    public required ulong RxBytes { get; init; }

    /// <inheritdoc cref="RxBytes"/>
    public required ulong TxBytes { get; init; }

    /// <summary>Handshake messages with a wrong mac1: whoever sent them means another public key.</summary>
    public long ForeignMessages { get; init; }

    /// <summary>Initiations with a key that no peer has.</summary>
    public long UnknownInitiations { get; init; }

    public required IReadOnlyList<PeerSnapshot> Peers { get; init; }

    public void Dispose()
    {
        PrivateKey?.Dispose();
        foreach (var peer in Peers)
            peer.PresharedKey?.Dispose();
    }
}

public sealed record PeerSnapshot
{
    public required PublicKey PublicKey { get; init; }

    public string? Name { get; init; }

    /// <summary>Null when none is set.</summary>
    public SecretKey? PresharedKey { get; init; }

    public IPEndPoint? Endpoint { get; init; }

    public required IReadOnlyList<IPNetwork> AllowedIPs { get; init; }

    /// <summary>Null until the first handshake.</summary>
    public DateTimeOffset? LastHandshake { get; init; }

    public ulong RxBytes { get; init; }

    public ulong TxBytes { get; init; }

    /// <summary>Seconds; 0: off.</summary>
    public ushort PersistentKeepalive { get; init; }

    /// <summary>In a row, begun by us.</summary>
    public int UnansweredHandshakes { get; init; }

    /// <summary>Responses to our initiations that did not prove right, since the last handshake.</summary>
    public int RefusedResponses { get; init; }

    public sealed override string ToString() => PublicKey.ToString();
}
