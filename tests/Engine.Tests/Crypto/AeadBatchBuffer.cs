using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>Packets of a batch, each in fenced memory of its own, with what libsodium makes of them.</summary>
internal sealed class AeadBatchBuffer : IDisposable
{
    internal const int Most = 128;

    private const int Longest = 2000;

    private readonly AeadBuffer[] _buffers = [.. Enumerable.Range(0, Most).Select(_ => new AeadBuffer(Longest))];
    private readonly byte[][] _texts = new byte[Most][];
    private readonly byte[][] _expected = new byte[Most][];

    internal AeadPacket[] Packets { get; private set; } = [];

    /// <summary>Places random texts of these lengths at random alignments, under random counters and one key or many.</summary>
    internal void Fill(Random random, params int[] lengths)
    {
        Packets = new AeadPacket[lengths.Length];
        var isOneKey = random.Next(2) == 0;
        var key = new byte[TransportAead.KeySize];
        random.NextBytes(key);
        for (var i = 0; i < lengths.Length; i++)
        {
            if (!isOneKey)
                random.NextBytes(key);
            _texts[i] = new byte[lengths[i]];
            // All ones now and then: the largest numbers that Poly1305 can meet.
            if (random.Next(8) == 0)
                _texts[i].AsSpan().Fill(0xFF);
            else
                random.NextBytes(_texts[i]);
            var counter = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            _expected[i] = AeadOracles.SodiumSeal(key, counter, _texts[i]);
            Packets[i] = _buffers[i].Place(key, counter, _texts[i], random.Next(64));
        }
    }

    /// <summary>Turns a bit of the tag over.</summary>
    internal void ForgeTag(int packet, int bit) => Forge(packet, (8 * _texts[packet].Length) + bit);

    /// <summary>Turns a bit of ciphertext or tag over.</summary>
    internal void Forge(int packet, int bit)
    {
        _expected[packet][bit / 8] ^= (byte)(1 << (bit % 8));
        _buffers[packet].TextAndTag[bit / 8] ^= (byte)(1 << (bit % 8));
    }

    internal void AssertSealed()
    {
        for (var i = 0; i < Packets.Length; i++)
        {
            Assert.True(_buffers[i].TextAndTag.SequenceEqual(_expected[i]), $"sealed: {Describe(i)}");
            Assert.True(_buffers[i].IsFenceWhole, $"wrote outside: {Describe(i)}");
        }
    }

    /// <summary>Forgeries are told and stay as they came, all others are opened, tags stay.</summary>
    internal void AssertOpened(params int[] forgeries)
    {
        for (var i = 0; i < Packets.Length; i++)
        {
            var isForged = forgeries.Contains(i);
            Assert.True(Packets[i].Authentic != isForged, $"verdict: {Describe(i)}");
            var text = isForged ? _expected[i].AsSpan(0, _texts[i].Length) : _texts[i];
            Assert.True(_buffers[i].Text.SequenceEqual(text), $"opened: {Describe(i)}");
            Assert.True(_buffers[i].Tag.SequenceEqual(_expected[i].AsSpan(_texts[i].Length)), $"tag changed: {Describe(i)}");
            Assert.True(_buffers[i].IsFenceWhole, $"wrote outside: {Describe(i)}");
        }
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private string Describe(int packet) =>
        $"packet {packet} of {Packets.Length}, lengths {string.Join(' ', _texts.Take(Packets.Length).Select(text => text.Length))}";
}
