using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>What a device is made of. It owns and disposes of the TUN and the bind.</summary>
public sealed record DeviceOptions
{
    public required string Name { get; init; }

    public required ITunDevice Tun { get; init; }

    public required IUdpBind Bind { get; init; }

    public required TransportAead Aead { get; init; }

    /// <summary>Its timestamps should count time spent in suspend as well.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public EngineLog Log { get; init; } = EngineLog.None;

    public EphemeralSource Ephemerals { get; init; } = EphemeralSource.System;

    /// <summary>Where the jitter of the handshake timers comes from. Lanes and worker ask it at once, so it must be safe for several threads.</summary>
    public Random Jitter { get; init; } = Random.Shared;
}
