using System.Security.Cryptography;
using WireGuard.Engine.Crypto;

namespace WireGuard.Bench.Micro;

/// <summary>BLAKE2s as handshakes use it, beside the runtime's SHA-256, which hashes as much in a block.</summary>
internal static class HashBench
{
    public const string Title = "BLAKE2s";

    private const int Units = 200;
    private static readonly int[] Sizes = [32, 64, 148, 1420];

    public static Section Measure()
    {
        var rows = new List<string[]> { (string[])["", .. Sizes.Select(s => $"{s} B")], (string[])["BLAKE2s"], (string[])["BLAKE2s with a key, 16 bytes (mac1)"], (string[])["HMAC-BLAKE2s"], (string[])["SHA-256 of the runtime (OpenSSL)"] };
        foreach (var size in Sizes)
        {
            var times = Rounds.Measure([.. Contestants(size)]);
            for (var i = 0; i < times.Length; i++)
                rows[i + 1] = [.. rows[i + 1], Rounds.Nanoseconds(times[i])];
        }

        return new Section(Title, $"Nanoseconds of processor time to hash a message, median of {Rounds.Count} interleaved rounds.", rows);
    }

    private static IEnumerable<Work> Contestants(int size)
    {
        var message = new byte[size];
        var key = new byte[32];
        var digest = new byte[32];
        yield return new("BLAKE2s", Units, () =>
        {
            for (var i = 0; i < Units; i++)
                Blake2s.Hash(digest, message);
        });
        yield return new("keyed", Units, () =>
        {
            for (var i = 0; i < Units; i++)
                Blake2s.Keyed(digest.AsSpan(0, 16), key, message);
        });
        yield return new("HMAC", Units, () =>
        {
            for (var i = 0; i < Units; i++)
                HmacBlake2s.Compute(digest, key, message);
        });
        yield return new("SHA-256", Units, () =>
        {
            for (var i = 0; i < Units; i++)
                SHA256.HashData(message, digest);
        });
    }
}
