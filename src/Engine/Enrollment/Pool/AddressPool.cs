using System.Net;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Addresses of a network, one of each prefix for each client, the lowest that is free; the server has the first of each. One thread at a time.
/// </summary>
internal sealed class AddressPool
{
    private readonly PoolRange[] _ranges;

    /// <exception cref="ArgumentException">No prefix, more than a grant can hold, one too small, or two that overlap.</exception>
    internal AddressPool(IReadOnlyList<IPNetwork> prefixes)
    {
        if (prefixes.Count is 0 or > GrantPayload.MaxAddresses)
            throw new ArgumentException($"A pool has 1 to {GrantPayload.MaxAddresses} prefixes, not {prefixes.Count}.");
        for (var i = 0; i < prefixes.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (prefixes[i].Contains(prefixes[j].BaseAddress) || prefixes[j].Contains(prefixes[i].BaseAddress))
                    throw new ArgumentException($"{prefixes[j]} and {prefixes[i]} overlap.");
            }
        }

        _ranges = [.. prefixes.Select(prefix => new PoolRange(prefix))];
    }

    internal IReadOnlyList<PoolRange> Ranges => _ranges;

    /// <summary>What somebody has who has not joined; nothing of these that lie within a prefix of the pool is given to anybody.</summary>
    internal IReadOnlyList<IPNetwork> Others { get; set; } = [];

    internal IReadOnlyList<IPNetwork> Prefixes => [.. _ranges.Select(range => range.Prefix)];

    internal IReadOnlyList<PrefixedAddress> Server => [.. _ranges.Select(range => new PrefixedAddress(range.Server, range.Prefix.PrefixLength))];

    /// <summary>One free address of each prefix; null, and nothing taken, when a prefix has none left.</summary>
    /// <param name="kept">Addresses that are taken already, for who asks: of their prefixes these, the first of each. What another pool gave may be the server's here.</param>
    internal IReadOnlyList<PrefixedAddress>? TryTake(params IReadOnlyList<IPAddress> kept)
    {
        var result = new List<PrefixedAddress>(_ranges.Length);
        foreach (var range in _ranges)
        {
            if ((kept.FirstOrDefault(address => range.Holds(address) && !address.Equals(range.Server)) ?? range.TryTake(Others)) is not { } address)
            {
                Release([.. result.Where(taken => !kept.Contains(taken.Address))]);
                return null;
            }

            result.Add(new(address, range.Prefix.PrefixLength));
        }

        return result;
    }

    /// <summary>Takes this address; false when it is taken, or in no prefix.</summary>
    internal bool TryClaim(IPAddress address) => Array.Exists(_ranges, range => range.TryClaim(address));

    /// <summary>The prefix whose hosts may have this address; null: it is in none, or no host's.</summary>
    internal PoolRange? RangeOf(IPAddress address) => Array.Find(_ranges, range => range.Holds(address));

    /// <summary>Of those of <see cref="Others"/> that lie within the pool the one that has this address; null: none.</summary>
    internal IPNetwork? OtherWith(IPAddress address) =>
        RangeOf(address) is { } range ? Others.Where(range.HasWithin).Cast<IPNetwork?>().FirstOrDefault(other => other!.Value.Contains(address)) : null;

    /// <summary>Whether these are one address of each prefix, as the pool would give them.</summary>
    internal bool Fits(IReadOnlyList<PrefixedAddress> addresses) =>
        addresses.Count == _ranges.Length
        && _ranges.Zip(addresses).All(pair => pair.First.Holds(pair.Second.Address) && pair.First.Prefix.PrefixLength == pair.Second.PrefixLength);

    internal void Release(IReadOnlyList<PrefixedAddress> addresses)
    {
        foreach (var (address, _) in addresses)
            Release(address);
    }

    internal void Release(IPAddress address)
    {
        foreach (var range in _ranges)
            range.Release(address);
    }
}
