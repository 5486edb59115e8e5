using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using WireGuard.Engine.Device;

namespace WireGuard.Bench.Micro;

/// <summary>Cryptokey routing: the owner of an address among few and many prefixes.</summary>
internal static class RoutingBench
{
    public const string Title = "AllowedIPs lookup";

    private const int Lookups = 2000;
    private static readonly int[] Entries = [1, 1_000, 10_000];

    public static Section Measure()
    {
        var rows = new List<string[]> { (string[])["", .. Entries.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e:N0} {(e == 1 ? "entry" : "entries")}"))] };
        foreach (var (name, isIPv4, isSpread) in new[]
        {
            ("IPv4, one destination", true, false), ("IPv4, all in turn", true, true),
            ("IPv6, one destination", false, false), ("IPv6, all in turn", false, true),
        })
        {
            var times = Rounds.Measure([.. Entries.Select(e => new Work(name, Lookups, Lookup(e, isIPv4, isSpread)))]);
            rows.Add([name, .. times.Select((t, i) => i == 0 ? Rounds.Nanoseconds(t) : $"{Rounds.Nanoseconds(t)} ({Rounds.Ratio(t / times[0])})")]);
        }

        return new Section(
            Title,
            $"Nanoseconds of processor time to find the peer of an address, median of {Rounds.Count} interleaved rounds; prefixes of /32 and /128 out of a network, each of a peer of its own; in brackets against one entry. With all in turn the table's memory is read too, in a random order.",
            rows);
    }

    private static Action Lookup(int entries, bool isIPv4, bool isSpread)
    {
        var random = new Random(entries);
        var table = new AllowedIPs<object>();
        var addresses = new uint[entries];
        for (var i = 0; i < entries; i++)
        {
            // The odd factor gives each another address of 10.0.0.0/8.
            addresses[i] = 0x0A000000 | (uint)(i * 2_654_435_761L & 0xFFFFFF);
            table.Set(new IPNetwork(Address(addresses[i], isIPv4), isIPv4 ? 32 : 128), new object());
        }

        table.Settle();
        random.Shuffle(addresses);
        var at = 0;
        return () =>
        {
            for (var i = 0; i < Lookups; i++)
            {
                var address = addresses[at];
                if (isSpread && ++at == addresses.Length)
                    at = 0;
                if ((isIPv4 ? table.Find4(address) : table.Find6(High, address)) is null)
                    throw new InvalidOperationException("An address has no owner.");
            }
        };
    }

    private const ulong High = 0xFD00_0000_0000_0000;

    private static IPAddress Address(uint address, bool isIPv4)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], address);
        return new IPAddress(isIPv4 ? bytes[12..] : bytes);
    }
}
