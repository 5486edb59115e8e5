using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using WireGuard.Engine.Crypto;

namespace WireGuard.Bench;

/// <summary>Nanoseconds to seal and to open a packet with each bulk AEAD of this CPU, in batches, against libsodium.</summary>
internal static unsafe class AeadBench
{
    public const string Title = "Bulk ChaCha20-Poly1305";

    private const int Batch = 32;
    private const int Room = 1600;
    private const int Rounds = 9;
    private static readonly int[] Sizes = [64, 512, 1420];
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(60);

    public static Section Measure()
    {
        var rows = new List<string[]> { (string[])["", .. Sizes.SelectMany(s => (string[])[$"seal {s} B", $"open {s} B"])] };
        var reference = Sizes.SelectMany(TimeSodium).ToArray();
        rows.Add(["libsodium", .. reference.Select(r => Text(r))]);
        foreach (var name in TransportAeadFactory.Available)
        {
            var aead = TransportAeadFactory.Create(name);
            TransportAeadFactory.Warm(aead);
            var times = Sizes.SelectMany(size => TimeBulk(aead, size)).ToArray();
            rows.Add([aead.Name, .. times.Select((t, i) => Text(t, reference[i]))]);
        }

        return new Section(Title, $"Nanoseconds a packet, median of {Rounds} rounds, batches of {Batch}; in brackets how many times as fast as libsodium. Ours works in place: opening is sealing and opening less sealing.", rows);
    }

    /// <summary>Nanoseconds a packet; <paramref name="work"/> does one batch.</summary>
    private static double Time(Action work)
    {
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < RoundTime;)
            work();
        return Sample.Of(Enumerable.Range(0, Rounds).Select(_ =>
        {
            long batches = 0;
            var watch = Stopwatch.StartNew();
            for (; watch.Elapsed < RoundTime; batches++)
                work();
            return watch.Elapsed.TotalNanoseconds / (batches * Batch);
        })).Median;
    }

    private static double[] TimeSodium(int size)
    {
        var key = new byte[TransportAead.KeySize];
        var text = new byte[size];
        var sealedText = new byte[size + TransportAead.TagSize];
        var seal = Time(() =>
        {
            for (var i = 0; i < Batch; i++)
                HandshakeAead.Seal(sealedText, key, 1, text, []);
        });
        var open = Time(() =>
        {
            for (var i = 0; i < Batch; i++)
                HandshakeAead.Open(text, key, 1, sealedText, []);
        });
        return [seal, open];
    }

    private static double[] TimeBulk(TransportAead aead, int size)
    {
        using var packets = new Packets(size);
        var seal = Time(() => packets.Seal(aead));
        var both = Time(() =>
        {
            packets.Seal(aead);
            packets.Open(aead);
        });
        return [seal, both - seal];
    }

    private static string Text(double nanoseconds, double? reference = null) => string.Create(
        CultureInfo.InvariantCulture, $"{nanoseconds:0} ns{(reference is { } r ? $" ({r / nanoseconds:0.0})" : "")}");

    private sealed class Packets(int size) : IDisposable
    {
        private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(TransportAead.KeySize + (Batch * Room));

        public void Seal(TransportAead aead)
        {
            Span<AeadPacket> packets = stackalloc AeadPacket[Batch];
            Fill(packets);
            aead.Seal(packets);
        }

        public void Open(TransportAead aead)
        {
            Span<AeadPacket> packets = stackalloc AeadPacket[Batch];
            Fill(packets);
            aead.Open(packets);
            if (!packets[0].Authentic)
                throw new InvalidOperationException($"{aead.Name} refuses what it sealed.");
        }

        public void Dispose() => NativeMemory.Free(_memory);

        private void Fill(Span<AeadPacket> packets)
        {
            for (var i = 0; i < Batch; i++)
                packets[i] = new AeadPacket { Key = _memory, Counter = (ulong)i, Data = _memory + TransportAead.KeySize + (i * Room), Length = size };
        }
    }
}
