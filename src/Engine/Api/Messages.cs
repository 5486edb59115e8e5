using System.Text.Json.Serialization;

namespace WireGuard.Api;

/// <summary>First line that the server sends.</summary>
public sealed record Greeting(int Protocol, string EngineVersion, string Tunnel, int ProcessId);

/// <summary>An empty success.</summary>
public sealed record Done;

public sealed record TunnelQuery
{
    /// <summary>Include the private key and preshared keys. Left out unless asked for.</summary>
    public bool IncludeSecrets { get; init; }
}

/// <summary>A tunnel as it is at one instant.</summary>
public sealed record TunnelInfo
{
    public required string Name { get; init; }

    /// <summary>Base64; null when no private key is set.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Base64; only when asked for.</summary>
    public string? PrivateKey { get; init; }

    public int ListenPort { get; init; }

    /// <summary>0: none.</summary>
    public uint FwMark { get; init; }

    public int Mtu { get; init; }

    /// <summary>Bytes, as the file or a client said; null: the MTU was found from the ways to the endpoints, or is somebody else's.</summary>
    public int? ConfiguredMtu { get; init; }

    /// <summary>Name servers and search domains that the engine set; null: none.</summary>
    public IReadOnlyList<string>? Dns { get; init; }

    /// <summary>Where routes go: "off" or a number; null: "auto", or they are somebody else's.</summary>
    public string? Table { get; init; }

    /// <summary>"userspace" today.</summary>
    public required string Backend { get; init; }

    /// <summary>Threads that carry packets; 0 while the tunnel begins.</summary>
    public int Lanes { get; init; }

    /// <summary>False while the link is administratively down: sockets are closed then.</summary>
    public bool IsUp { get; init; }

    /// <summary>It is not ready yet: what is told is what is there so far.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsStarting { get; init; }

    /// <summary>Interface addresses in CIDR form, as the engine set them.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The network namespace that the interface was made in, by name or path; null: the engine's own.</summary>
    public string? NetNs { get; init; }

    /// <summary>That of the UDP sockets; null: the engine's own.</summary>
    public string? SocketNetNs { get; init; }

    /// <summary>Nothing leaves the host but through the tunnel.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KillSwitch { get; init; }

    /// <summary>Packets are passed on between the tunnel and the networks behind the host.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Forward { get; init; }

    /// <summary>What comes in by the tunnel leaves by other interfaces under the host's own address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Masquerade { get; init; }

    /// <summary>Networks that are reached around the tunnel, CIDR form; null: none.</summary>
    public IReadOnlyList<string>? ExcludedRoutes { get; init; }

    /// <summary>Others join it by a code or an invitation; it is made of a state of its own instead of a file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Served { get; init; }

    /// <summary>Path of the file that it was started from, or null (drop-in form).</summary>
    public string? ConfigPath { get; init; }

    /// <summary>
    /// The options of `up` that start it again as it was started; null when whoever runs it does that: a service manager, a
    /// terminal, wg-quick.
    /// </summary>
    public IReadOnlyList<string>? StartOptions { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Sum over peers, present and removed, in bytes.</summary>
    public ulong RxBytes { get; init; }

    /// <inheritdoc cref="RxBytes"/>
    public ulong TxBytes { get; init; }

    /// <summary>Handshake messages that were meant for another public key than this one (wrong mac1), since the start.</summary>
    public long ForeignMessages { get; init; }

    /// <summary>Initiations by whoever knows our public key and has one that no peer has, since the start.</summary>
    public long UnknownInitiations { get; init; }

    public IReadOnlyList<PeerInfo> Peers { get; init; } = [];
}

/// <summary>A peer as it is at one instant.</summary>
public sealed record PeerInfo
{
    /// <summary>Base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Friendly name ("# Name = ..." in the file), or null.</summary>
    public string? Name { get; init; }

    /// <summary>Base64; only when asked for and set.</summary>
    public string? PresharedKey { get; init; }

    public bool HasPresharedKey { get; init; }

    /// <summary>"192.0.2.1:51820" or "[2001:db8::1]:51820"; null when unknown.</summary>
    public string? Endpoint { get; init; }

    /// <summary>CIDR form, IPv4 first, shortest prefix last.</summary>
    public IReadOnlyList<string> AllowedIPs { get; init; } = [];

    /// <summary>Null until the first handshake.</summary>
    public DateTimeOffset? LastHandshake { get; init; }

    public ulong RxBytes { get; init; }

    public ulong TxBytes { get; init; }

    /// <summary>Seconds; 0: off.</summary>
    public int PersistentKeepalive { get; init; }

    /// <summary>Handshakes in a row that we have begun and that were not answered.</summary>
    public int UnansweredHandshakes { get; init; }

    /// <summary>Answers to our handshakes that did not prove right, as with another preshared key, since the last one that did.</summary>
    public int RefusedResponses { get; init; }

    /// <summary>In the answers of peer.add, peer.set and peer.remove: what is different, or would be. Empty: all was so already. Elsewhere null.</summary>
    public IReadOnlyList<TunnelDifference>? Changes { get; init; }
}

public sealed record PeerKey(string PublicKey);

/// <summary>peer.remove.</summary>
public sealed record PeerRemoveRequest(string PublicKey)
{
    /// <summary>Nothing is changed; the answer is what would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }
}

/// <summary>peer.add and peer.set: what is null stays as it is (or takes its default in peer.add).</summary>
public sealed record PeerChangeRequest
{
    public required string PublicKey { get; init; }

    /// <summary>Friendly name; "" clears it.</summary>
    public string? Name { get; init; }

    /// <summary>A zero key clears it.</summary>
    public SecretKey? PresharedKey { get; init; }

    /// <summary>HOST:PORT, IP:PORT or [v6]:PORT; names are resolved by the engine.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Seconds, 0 to 65535; 0: off.</summary>
    public int? PersistentKeepalive { get; init; }

    /// <summary>CIDR form. Replaces the peer's list in peer.set unless <see cref="AppendAllowedIPs"/>.</summary>
    public IReadOnlyList<string>? AllowedIPs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AppendAllowedIPs { get; init; }

    /// <summary>Nothing is changed; the answer is what would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }

    /// <summary>Sessions that are send no more, and a handshake begins at once: the other end may know nothing of them. Not in tunnel.sync.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ShakeHands { get; init; }
}

/// <summary>The engine process itself.</summary>
public sealed record EngineStatus
{
    public required string Tunnel { get; init; }

    public required string EngineVersion { get; init; }

    public int ProtocolVersion { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public required string Backend { get; init; }

    /// <summary>Bulk AEAD implementation in use, as "AVX-512", "AVX2", "Vector128" or "scalar".</summary>
    public required string CryptoBackend { get; init; }

    public int Lanes { get; init; }

    /// <summary>Resident set size in bytes.</summary>
    public long MemoryBytes { get; init; }

    public double CpuSeconds { get; init; }

    public int PeerCount { get; init; }

    /// <summary>Peers with a handshake less than 180 s ago.</summary>
    public int OnlinePeerCount { get; init; }

    public ulong RxBytes { get; init; }

    public ulong TxBytes { get; init; }
}

/// <summary>Something that happened.</summary>
public sealed record EngineEvent
{
    /// <summary>"handshake", "peer-added", "peer-removed", "endpoint-moved", "tunnel-up", "tunnel-down", "error", or one of <see cref="EnrollmentEvents"/>.</summary>
    public required string Kind { get; init; }

    public DateTimeOffset Time { get; init; }

    public required string Tunnel { get; init; }

    public string? PeerPublicKey { get; init; }

    public string? PeerName { get; init; }

    /// <summary>Of an enrollment: where it came from.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Of an enrollment: the invitation that it is about.</summary>
    public string? InviteId { get; init; }

    /// <summary>Of a wrong guess: how many the window still takes.</summary>
    public int? GuessesLeft { get; init; }

    public string? Detail { get; init; }
}

/// <summary>
/// What `up` and the detached engine tell whoever started them, one JSON line on standard output: ready, or why not.
/// </summary>
public sealed record StartReport
{
    public bool Ready { get; init; }

    public string? Tunnel { get; init; }

    public int ProcessId { get; init; }

    /// <summary>Stable id of the error, as "TunnelExists"; null when ready.</summary>
    public string? ErrorId { get; init; }

    public string? Message { get; init; }

    /// <summary>What is doubtful about the configuration of a tunnel that is ready; null when nothing is.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>Of a join: until when the server lets this host in; null: until it is revoked. Nothing but another join renews it.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }
}
