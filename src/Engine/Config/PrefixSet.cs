using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Configuration;

/// <summary>IP prefixes as sets of addresses, for lists of AllowedIPs that leave something out.</summary>
internal static class PrefixSet
{
    /// <summary>
    /// The fewest prefixes that hold every address of <paramref name="included"/> but none of <paramref name="excluded"/>, IPv4
    /// before IPv6, in the order of their addresses. At most as many as there are bits in an address for each prefix left out.
    /// </summary>
    internal static IReadOnlyList<IPNetwork> Subtract(IEnumerable<IPNetwork> included, IEnumerable<IPNetwork> excluded)
    {
        var (wanted, unwanted) = (included.ToList(), excluded.ToList());
        var result = new List<IPNetwork>();
        foreach (var family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            foreach (var (first, last) in Subtract(Merge(Ranges(wanted, family)), Merge(Ranges(unwanted, family))))
                AddPrefixes(first, last, family, result);
        }

        return result;
    }

    private static IEnumerable<(UInt128 First, UInt128 Last)> Ranges(IEnumerable<IPNetwork> prefixes, AddressFamily family)
    {
        foreach (var prefix in prefixes)
        {
            if (prefix.BaseAddress.AddressFamily != family)
                continue;
            var first = ToNumber(prefix.BaseAddress);
            yield return (first, first | HostMask(BitsOf(family) - prefix.PrefixLength));
        }
    }

    /// <summary>In order, with a gap between each and the next.</summary>
    private static List<(UInt128 First, UInt128 Last)> Merge(IEnumerable<(UInt128 First, UInt128 Last)> ranges)
    {
        var merged = new List<(UInt128 First, UInt128 Last)>();
        foreach (var range in ranges.OrderBy(r => r.First))
        {
            if (merged.Count > 0 && (merged[^1].Last == UInt128.MaxValue || range.First <= merged[^1].Last + 1))
                merged[^1] = (merged[^1].First, UInt128.Max(merged[^1].Last, range.Last));
            else
                merged.Add(range);
        }

        return merged;
    }

    private static IEnumerable<(UInt128 First, UInt128 Last)> Subtract(List<(UInt128 First, UInt128 Last)> ranges, List<(UInt128 First, UInt128 Last)> holes)
    {
        var next = 0;
        foreach (var (start, last) in ranges)
        {
            var first = start;
            var isUsedUp = false;
            while (next < holes.Count && holes[next].Last < first)
                next++;
            for (var hole = next; hole < holes.Count && holes[hole].First <= last && !isUsedUp; hole++)
            {
                if (holes[hole].First > first)
                    yield return (first, holes[hole].First - 1);
                isUsedUp = holes[hole].Last >= last;
                if (!isUsedUp)
                    first = holes[hole].Last + 1;
            }

            if (!isUsedUp)
                yield return (first, last);
        }
    }

    private static void AddPrefixes(UInt128 first, UInt128 last, AddressFamily family, List<IPNetwork> result)
    {
        while (true)
        {
            // The largest block that begins here: as long as the address has zero bits, and as there is room.
            var hostBits = Math.Min((int)UInt128.TrailingZeroCount(first), BitsOf(family));
            while ((first | HostMask(hostBits)) > last)
                hostBits--;
            result.Add(new IPNetwork(ToAddress(first, family), BitsOf(family) - hostBits));
            var end = first | HostMask(hostBits);
            if (end == last)
                return;
            first = end + 1;
        }
    }

    private static UInt128 HostMask(int hostBits) => hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;

    private static int BitsOf(AddressFamily family) => family == AddressFamily.InterNetwork ? 32 : 128;

    private static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var length = BitsOf(address.AddressFamily) / 8;
        address.TryWriteBytes(bytes[(16 - length)..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes[(16 - (BitsOf(family) / 8))..]);
    }
}
