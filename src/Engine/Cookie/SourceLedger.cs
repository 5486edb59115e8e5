using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Cookie;

/// <summary>
/// What each source has in the handshake queue and how much it sent lately, so that one source's flood is that source's
/// trouble: it fills no more than its share of the queue, and who sends a lot is under load by itself while the device is
/// not. Sources are IPv4 addresses and IPv6 /64s, as for the <see cref="RateLimiter"/>, here hashed into a table of fixed
/// size. Those that meet in it share a budget; whom one meets cannot be foreseen. The queue's lock orders its use.
/// </summary>
internal sealed class SourceLedger
{
    /// <summary>Twice as many as messages fit into the queue: a flood from everywhere gives no entry more than a few.</summary>
    internal const int DefaultSize = 2 * ProtocolLimits.MaxQueuedHandshakes;

    /// <summary>
    /// So many at once cost a source nothing, and so many a second: a NAT with hundreds of hosts behind it that all come
    /// back at the same time. To a forger they are worth a hundredth of a core.
    /// </summary>
    internal const int Burst = 256;

    /// <inheritdoc cref="Burst"/>
    internal const int PerSecond = 200;

    /// <summary>
    /// So many messages of a loaded source are looked at in a second, without a cookie, and as many with what may be one;
    /// more are not worth the hash. To answer each would cost more than the flood costs its sender, and whoever shares the
    /// source with it still has a chance with each of its tries.
    /// </summary>
    internal const int LooksPerSecond = 5000;

    private const long Second = 1_000_000_000;
    private const long Cost = Second / PerSecond;
    private const long LookCost = Second / LooksPerSecond;
    private static readonly long LoadNanoseconds = (long)ProtocolLimits.UnderLoadAfterglow.TotalNanoseconds;

    private readonly Entry[] _entries;
    private readonly ulong _key = SecureRandom.NextUInt64();
    private readonly ulong _otherKey = SecureRandom.NextUInt64();
    private readonly int _share;

    /// <param name="share">Messages of one source that may wait at once.</param>
    /// <param name="size">Entries, a power of two.</param>
    internal SourceLedger(int share, int size = DefaultSize)
    {
        _share = share;
        _entries = new Entry[size];
        const long LongAgo = long.MinValue / 2;
        Array.Fill(_entries, new Entry { WholeAt = LongAgo, LooksWholeAt = LongAgo, CookieLooksWholeAt = LongAgo, LoadedUntil = LongAgo });
    }

    internal int IndexOf(in UdpEndpoint source)
    {
        // An IPv4 address stands alone in the high half; of an IPv6 address that half is the /64.
        var mixed = Fold(source.AddressHigh ^ _key, source.Family ^ _otherKey);
        return (int)(Fold(mixed ^ _otherKey, _key) & (uint)(_entries.Length - 1));
    }

    /// <summary>Whether the source's share of the queue is used up.</summary>
    internal bool HasItsShare(int index) => _entries[index].Waiting >= _share;

    /// <summary>Whether to look at a message at all. Always, while its source is not loaded.</summary>
    /// <param name="mayHaveCookie">Whether there is anything where a cookie's proof goes.</param>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool TryLook(int index, bool mayHaveCookie, long now)
    {
        ref var entry = ref _entries[index];
        if (now >= entry.LoadedUntil)
            return true;
        return mayHaveCookie
            ? TrySpend(ref entry.CookieLooksWholeAt, LookCost, now)
            : TrySpend(ref entry.LooksWholeAt, LookCost, now);
    }

    internal void MessageQueued(int index) => _entries[index].Waiting++;

    internal void MessageTaken(int index) => _entries[index].Waiting--;

    /// <summary>Counts a message that knows our public key; true while the source sends too many, and for a second after.</summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool Charge(int index, long now)
    {
        ref var entry = ref _entries[index];
        if (!TrySpend(ref entry.WholeAt, Cost, now))
            entry.LoadedUntil = now + LoadNanoseconds;
        return now < entry.LoadedUntil;
    }

    /// <summary>Whether the source is within <see cref="Burst"/> and <see cref="PerSecond"/>: what is more than that is for nobody to look at.</summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool TryTake(int index, long now) => TrySpend(ref _entries[index].WholeAt, Cost, now);

    private static bool TrySpend(ref long wholeAt, long cost, long now)
    {
        var spent = Math.Max(0, wholeAt - now);
        if (spent + cost > Burst * cost)
            return false;
        wholeAt = now + spent + cost;
        return true;
    }

    private static ulong Fold(ulong one, ulong other)
    {
        var high = Math.BigMul(one, other, out var low);
        return high ^ low;
    }

    private struct Entry
    {
        /// <summary>When the budget will be whole again: the further ahead, the more of it is spent.</summary>
        internal long WholeAt;

        internal long LooksWholeAt;

        internal long CookieLooksWholeAt;

        internal long LoadedUntil;

        internal int Waiting;
    }
}
