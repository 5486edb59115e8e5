using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Cookie;

/// <summary>
/// How many handshakes one source may begin while we are under load: 20 a second, 5 at once, counted for each IPv4
/// address and each IPv6 /64 (whitepaper, section 5.3; the kernel driver's ratelimiter.c has the numbers). The table is
/// bounded: when it is full, new sources wait until old ones are swept out. The device's handshake lock orders its use.
/// </summary>
internal sealed class RateLimiter(int capacity = RateLimiter.DefaultCapacity)
{
    internal const int DefaultCapacity = 65_536;
    internal const int PerSecond = 20;
    internal const int Burst = 5;

    private const long Second = 1_000_000_000;
    private const long Cost = Second / PerSecond;
    private const long MaxTokens = Cost * Burst;

    private readonly Dictionary<(ulong High, byte Family), Bucket> _buckets = [];
    private readonly List<(ulong, byte)> _old = [];
    private long _sweptAt = long.MinValue;

    /// <summary>Sources remembered.</summary>
    internal int Count => _buckets.Count;

    /// <summary>Takes one handshake from the source's share; false when it is used up.</summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool TryTake(in UdpEndpoint source, long now)
    {
        Sweep(now);
        // An IPv4 address stands alone in the high half; of an IPv6 address that half is the /64.
        var key = (source.AddressHigh, source.Family);
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            if (_buckets.Count >= capacity)
                return false;
            _buckets[key] = new Bucket(MaxTokens - Cost, now);
            return true;
        }

        var tokens = Math.Min(MaxTokens, bucket.Tokens + (now - bucket.At));
        var isAllowed = tokens >= Cost;
        _buckets[key] = new Bucket(isAllowed ? tokens - Cost : tokens, now);
        return isAllowed;
    }

    // Whoever was silent for a second has all its tokens back: nothing is lost by forgetting it.
    private void Sweep(long now)
    {
        if (_sweptAt != long.MinValue && now - _sweptAt < Second)
            return;
        _sweptAt = now;
        foreach (var (key, bucket) in _buckets)
            if (now - bucket.At > Second)
                _old.Add(key);
        foreach (var key in _old)
            _buckets.Remove(key);
        _old.Clear();
    }

    private readonly record struct Bucket(long Tokens, long At);
}
