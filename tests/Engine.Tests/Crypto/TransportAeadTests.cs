using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

public class TransportAeadTests
{
    private static readonly int[] LargeLengths = [2047, 2048, 4095, 8999, 16_384, 32_771, 63_999, 64_000, 65_000];

    // The nonce's two words turn over here.
    private static readonly ulong[] EdgeCounters =
        [0, 1, (1UL << 32) - 1, 1UL << 32, (1UL << 32) + 1, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue];

    public static TheoryData<string> Backends => AeadOracles.Backends;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Agrees_with_the_scalar_twin_and_libsodium_at_every_length(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        var twin = new ScalarTransportAead();
        var random = new Random(8439);
        using var buffer = new AeadBuffer();
        using var twinBuffer = new AeadBuffer();
        var key = new byte[32];
        foreach (var length in Enumerable.Range(0, 2001).Concat(LargeLengths))
        {
            var text = new byte[length];
            random.NextBytes(text);
            random.NextBytes(key);
            var counter = length % 3 == 0 ? EdgeCounters[length / 3 % EdgeCounters.Length] : (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            var offset = random.Next(64);

            var packet = buffer.Place(key, counter, text, offset);
            aead.SealOne(ref packet);
            var expected = AeadOracles.SodiumSeal(key, counter, text);
            Assert.True(buffer.TextAndTag.SequenceEqual(expected), $"seal, {length} bytes, offset {offset}");
            Assert.True(buffer.IsFenceWhole, $"seal wrote past {length} bytes");

            // The scalar form is slow at length; every length up to a few vector groups, then samples.
            if (length <= 600 || length % 16 == 0)
            {
                var twinPacket = twinBuffer.Place(key, counter, text);
                twin.SealOne(ref twinPacket);
                Assert.True(twinBuffer.TextAndTag.SequenceEqual(expected), $"scalar seal, {length} bytes");
            }

            Assert.True(aead.OpenOne(ref packet), $"open, {length} bytes, offset {offset}");
            Assert.True(buffer.Text.SequenceEqual(text), $"open, {length} bytes, offset {offset}");
            Assert.True(buffer.Tag.SequenceEqual(expected.AsSpan(length)), "open changed the tag");
            Assert.True(buffer.IsFenceWhole, $"open wrote past {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Works_at_every_alignment(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        foreach (var length in new[] { 33, 700, 1437 })
        {
            var text = Hex.Pattern(length, 3);
            var key = Hex.Pattern(32, length);
            var expected = AeadOracles.SodiumSeal(key, 7, text);
            for (var offset = 0; offset < 64; offset++)
            {
                var packet = buffer.Place(key, 7, text, offset);
                aead.SealOne(ref packet);
                Assert.True(buffer.TextAndTag.SequenceEqual(expected), $"offset {offset}");
                Assert.True(aead.OpenOne(ref packet) && buffer.Text.SequenceEqual(text), $"offset {offset}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Counters_at_the_edges_of_their_words(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        var text = Hex.Pattern(1500, 1);
        var key = Hex.Pattern(32, 2);
        foreach (var counter in EdgeCounters)
        {
            var packet = buffer.Place(key, counter, text);
            aead.SealOne(ref packet);
            Assert.True(buffer.TextAndTag.SequenceEqual(AeadOracles.SodiumSeal(key, counter, text)), $"counter {counter}");
            Assert.True(aead.OpenOne(ref packet));
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Every_flipped_bit_of_the_tag_is_refused(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        foreach (var length in new[] { 0, 1, 64, 200, 500, 1420 })
        {
            var packet = buffer.Place(Hex.Pattern(32, 3), 42, Hex.Pattern(length, 4));
            aead.SealOne(ref packet);
            var ciphertext = buffer.Text.ToArray();
            for (var bit = 0; bit < 128; bit++)
            {
                buffer.Tag[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(aead.OpenOne(ref packet), $"{length} bytes, tag bit {bit}");
                Assert.True(buffer.Text.SequenceEqual(ciphertext), "decrypted a forgery");
                buffer.Tag[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            Assert.True(aead.OpenOne(ref packet));
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_flipped_bit_of_any_ciphertext_byte_is_refused(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        var packet = buffer.Place(Hex.Pattern(32, 5), 43, Hex.Pattern(1100, 6));
        aead.SealOne(ref packet);
        for (var i = 0; i < packet.Length; i++)
        {
            buffer.Text[i] ^= (byte)(1 << (i % 8));
            Assert.False(aead.OpenOne(ref packet), $"byte {i}");
            buffer.Text[i] ^= (byte)(1 << (i % 8));
        }

        Assert.True(aead.OpenOne(ref packet));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Another_key_counter_or_length_is_refused(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        var key = Hex.Pattern(32, 5);
        var packet = buffer.Place(key, 43, new byte[320]);
        aead.SealOne(ref packet);
        var sealedBytes = buffer.TextAndTag.ToArray();

        packet.Counter ^= 1UL << 40;
        Assert.False(aead.OpenOne(ref packet));
        packet.Counter ^= 1UL << 40;

        key[31] ^= 0x80;
        var otherKey = buffer.Place(key, 43, sealedBytes.AsSpan(0, 320));
        sealedBytes.AsSpan(320).CopyTo(buffer.Tag);
        Assert.False(aead.OpenOne(ref otherKey));
        key[31] ^= 0x80;

        // Cut by a block whose zero padding might have hidden it: the length is authenticated too.
        var shorter = buffer.Place(key, 43, sealedBytes.AsSpan(0, 304));
        sealedBytes.AsSpan(320).CopyTo(buffer.Tag);
        Assert.False(aead.OpenOne(ref shorter));

        var same = buffer.Place(key, 43, sealedBytes.AsSpan(0, 320));
        sealedBytes.AsSpan(320).CopyTo(buffer.Tag);
        Assert.True(aead.OpenOne(ref same));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Batch_members_have_their_own_keys_counters_lengths_and_verdicts(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        int[] lengths = [1420, 0, 64, 9000, 333, 16, 1424, 720, 1, 5000, 128];
        var buffers = lengths.Select(_ => new AeadBuffer(10_000)).ToArray();
        try
        {
            var packets = new AeadPacket[lengths.Length];
            for (var i = 0; i < lengths.Length; i++)
                packets[i] = buffers[i].Place(Hex.Pattern(32, i * 11), (ulong)i << 30, Hex.Pattern(lengths[i], i), i);
            aead.Seal(packets);
            for (var i = 0; i < lengths.Length; i++)
            {
                var expected = AeadOracles.SodiumSeal(Hex.Pattern(32, i * 11), (ulong)i << 30, Hex.Pattern(lengths[i], i));
                Assert.True(buffers[i].TextAndTag.SequenceEqual(expected), $"member {i}");
            }

            buffers[3].Text[8999] ^= 1;
            buffers[5].Tag[0] ^= 1;
            for (var i = 0; i < lengths.Length; i++)
                packets[i].Authentic = i is 3 or 5;
            aead.Open(packets);
            for (var i = 0; i < lengths.Length; i++)
            {
                Assert.Equal((i, i is not (3 or 5)), (i, packets[i].Authentic));
                if (packets[i].Authentic)
                    Assert.True(buffers[i].Text.SequenceEqual(Hex.Pattern(lengths[i], i)), $"member {i}");
            }

            aead.Seal(default);
            aead.Open(default);
        }
        finally
        {
            foreach (var buffer in buffers)
                buffer.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Allocates_nothing(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        TransportAeadFactory.Warm(aead);
        using var buffer = new AeadBuffer();
        AeadPacket[] packets = [buffer.Place(Hex.Pattern(32, 1), 1, Hex.Pattern(3000, 2))];
        AllocationMeter.AssertNothingAllocated(() =>
        {
            aead.Seal(packets);
            aead.Open(packets);
        });
    }

    [Fact]
    public void The_factory_knows_its_names_and_nothing_else()
    {
        Assert.Contains("scalar", TransportAeadFactory.Available);
        foreach (var name in TransportAeadFactory.Available)
            Assert.Equal(TransportAeadFactory.Create(name).Name, TransportAeadFactory.Create(name.ToUpperInvariant()).Name);
        Assert.Equal("scalar", TransportAeadFactory.Create("scalar").Name);
        Assert.Equal(TransportAeadFactory.Create("").Name, TransportAeadFactory.Create(null).Name);
        Assert.Equal(System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated, TransportAeadFactory.Create(null).Name != "scalar");
        var error = Assert.Throws<NotSupportedException>(() => TransportAeadFactory.Create("rot13"));
        Assert.Contains("rot13", error.Message);
        Assert.Contains("scalar", error.Message);
    }

    [Fact]
    public void The_environment_picks_the_shared_instance()
    {
        var named = Environment.GetEnvironmentVariable(TransportAeadFactory.EnvironmentVariable);
        Assert.Equal(TransportAeadFactory.Create(named).Name, TransportAeadFactory.Best.Name);
        Assert.Same(TransportAeadFactory.Best, TransportAeadFactory.Best);
    }
}
