using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>What a device is made of. It owns and disposes of the TUN, the bind and the lanes' I/O.</summary>
public sealed record DeviceOptions
{
    public required string Name { get; init; }

    public required ITunDevice Tun { get; init; }

    public required IUdpBind Bind { get; init; }

    /// <summary>One a lane.</summary>
    public required IReadOnlyList<ILaneIo> Lanes { get; init; }

    public required TransportAead Aead { get; init; }

    /// <summary>Its timestamps should count time spent in suspend as well.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public EngineLog Log { get; init; } = EngineLog.None;

    public EphemeralSource Ephemerals { get; init; } = EphemeralSource.System;
}
