namespace WireGuard.Engine.Noise;

/// <summary>Times and counts of the protocol (whitepaper, section 6.1; the kernel driver where the paper is silent).</summary>
public static class ProtocolLimits
{
    public static readonly TimeSpan RekeyAfterTime = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan RejectAfterTime = TimeSpan.FromSeconds(180);
    public static readonly TimeSpan RekeyTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan RekeyTimeoutJitter = TimeSpan.FromMilliseconds(334);
    public static readonly TimeSpan RekeyAttemptTime = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan KeepaliveTimeout = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a new session everything secret of the old ones is zeroed.</summary>
    public static readonly TimeSpan ZeroKeysAfter = 3 * RejectAfterTime;

    /// <summary>An initiator that still receives on a key this old asks for a new one, once.</summary>
    public static readonly TimeSpan LastMinuteRekey = RejectAfterTime - KeepaliveTimeout - RekeyTimeout;

    /// <summary>Initiations of one peer that come closer together are dropped.</summary>
    public static readonly TimeSpan InitiationInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>A cookie's secret lives this long.</summary>
    public static readonly TimeSpan CookieSecretLifetime = TimeSpan.FromSeconds(120);

    /// <summary>Who received a cookie stops using it this much before it dies.</summary>
    public static readonly TimeSpan CookieSecretLatency = TimeSpan.FromSeconds(5);

    /// <summary>Load counts for so long after the queue has shortened.</summary>
    public static readonly TimeSpan UnderLoadAfterglow = TimeSpan.FromSeconds(1);

    public const int MaxHandshakeAttempts = 18;

    public const ulong RekeyAfterMessages = 1UL << 60;

    /// <summary>Counters from here on are refused, in both directions.</summary>
    public const ulong RejectAfterMessages = ulong.MaxValue - ReplayWindow - 1;

    /// <summary>Bits of the replay bitmap; one word of 64 is always being recycled.</summary>
    public const int ReplayWindowBits = 8192;

    /// <summary>How far behind the newest a counter may come.</summary>
    public const ulong ReplayWindow = ReplayWindowBits - 64;

    /// <summary>Packets that wait for a session, per peer; the oldest goes when one more comes.</summary>
    public const int MaxStagedPackets = 128;

    /// <summary>Handshake messages that wait to be worked on, per device.</summary>
    public const int MaxQueuedHandshakes = 4096;

    /// <summary>Contents are padded to a multiple of this.</summary>
    public const int PaddingMultiple = 16;

    /// <summary>Traffic class of handshake messages: DSCP AF41.</summary>
    public const byte HandshakeTrafficClass = 0x88;
}
