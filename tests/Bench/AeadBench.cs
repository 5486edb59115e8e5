using System.Globalization;
using WireGuard.Engine.Crypto;

namespace WireGuard.Bench;

/// <summary>
/// Nanoseconds to seal and to open a packet with each bulk AEAD of this CPU, in batches and one by one, against OpenSSL
/// and libsodium. Processor time counts, and all take turns, round by round: what else the machine does meets all alike.
/// </summary>
internal static class AeadBench
{
    public const string Title = "Bulk ChaCha20-Poly1305";

    private const int Batch = 32;
    private const int Rounds = 15;
    private static readonly int[] Sizes = [64, 512, 1420];
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(15);

    public static Section Measure()
    {
        using var packets = new AeadPackets(Batch);
        var contestants = Contestants(packets);
        var rows = new List<string[]> { (string[])["", .. Sizes.SelectMany(s => (string[])[$"seal {s} B", $"open {s} B"])] };
        rows.AddRange(contestants.Select(c => (string[])[c.Name]));
        // The compiler works beside the first rounds, and its processor time counts: those are for it.
        packets.Length = Sizes[0];
        Times(contestants);
        foreach (var size in Sizes)
        {
            packets.Length = size;
            var times = Times(contestants);
            for (var i = 0; i < times.Length; i++)
                rows[i + 1] = [.. rows[i + 1], Text(times[i].Seal, times[0].Seal), Text(times[i].Open, times[0].Open)];
        }

        return new Section(
            Title,
            $"Nanoseconds of processor time a packet, median of {Rounds} interleaved rounds, batches of {Batch} unless said otherwise; in brackets how many times as fast as {contestants[0].Name}. Opening is sealing and opening less sealing.",
            rows);
    }

    private static List<Contestant> Contestants(AeadPackets packets)
    {
        var all = new List<Contestant>();
        if (AeadOpenSsl.IsInstalled)
            all.Add(packets.OpenSsl());
        all.Add(packets.Sodium());
        foreach (var name in TransportAeadFactory.Available)
        {
            var aead = TransportAeadFactory.Create(name);
            TransportAeadFactory.Warm(aead);
            all.Add(packets.Ours(aead.Name, aead, Batch));
            if (name != "scalar")
                all.Add(packets.Ours($"{aead.Name}, one by one", aead, 1));
        }

        return all;
    }

    private static (double Seal, double Open)[] Times(List<Contestant> contestants)
    {
        var seal = contestants.ConvertAll(_ => new double[Rounds]);
        var open = contestants.ConvertAll(_ => new double[Rounds]);
        // Round -1 warms up.
        for (var round = -1; round < Rounds; round++)
            for (var i = 0; i < contestants.Count; i++)
            {
                var contestant = contestants[i];
                var sealing = Time(contestant.Seal);
                var both = Time(() =>
                {
                    contestant.Seal();
                    contestant.Open();
                });
                if (round >= 0)
                    (seal[i][round], open[i][round]) = (sealing, both - sealing);
            }

        return [.. contestants.Select((_, i) => (Sample.Of(seal[i]).Median, Sample.Of(open[i]).Median))];
    }

    /// <summary>Nanoseconds of processor time a packet; <paramref name="work"/> does one batch.</summary>
    private static double Time(Action work)
    {
        const int Between = 16;
        long batches = 0;
        var start = Environment.CpuUsage.TotalTime;
        TimeSpan used;
        do
        {
            for (var i = 0; i < Between; i++)
                work();
            batches += Between;
            used = Environment.CpuUsage.TotalTime - start;
        }
        while (used < RoundTime);
        return used.TotalNanoseconds / (batches * Batch);
    }

    private static string Text(double nanoseconds, double reference) => string.Create(
        CultureInfo.InvariantCulture, $"{nanoseconds:0} ns ({reference / nanoseconds:0.0})");
}

/// <summary>Who is measured; each call does a batch, and opening follows sealing.</summary>
internal sealed record Contestant(string Name, Action Seal, Action Open);
