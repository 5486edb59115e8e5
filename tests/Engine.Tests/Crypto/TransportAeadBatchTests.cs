using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>Packets that share a call: what one of them is must not show in another.</summary>
public class TransportAeadBatchTests
{
    public static TheoryData<string> Backends => AeadOracles.Backends;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Random_batches_agree_with_libsodium(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        var random = new Random(1305);
        using var batch = new AeadBatchBuffer();
        for (var round = 0; round < 300; round++)
        {
            var count = round % 3 == 0 ? random.Next(1, AeadBatchBuffer.Most + 1) : random.Next(1, 17);
            batch.Fill(random, Lengths(random, count));
            aead.Seal(batch.Packets);
            batch.AssertSealed();

            var forgery = random.Next(count);
            batch.Forge(forgery, random.Next(8 * (batch.Packets[forgery].Length + TransportAead.TagSize)));
            SetVerdicts(batch, random);
            aead.Open(batch.Packets);
            batch.AssertOpened(forgery);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Every_length_in_full_batches(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        var random = new Random(7539);
        using var batch = new AeadBatchBuffer();
        for (var length = 0; length <= 2000; length += length < 300 ? 1 : 7)
        {
            // The batch's longest is last in one round and first in the next.
            var shorter = Math.Max(0, length - random.Next(20));
            batch.Fill(random, length, length, length, shorter, shorter, length, length, length % 2 == 0 ? length : shorter);
            aead.Seal(batch.Packets);
            batch.AssertSealed();
            aead.Open(batch.Packets);
            batch.AssertOpened();
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_forged_tag_fails_its_own_packet_only(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        var random = new Random(2439);
        using var batch = new AeadBatchBuffer();
        int[][] shapes = [[64, 64, 64, 64, 64, 64, 64, 64, 64], [1420, 1420, 1420, 1420, 1420, 1420, 1420, 1420], [0, 1420, 80, 17]];
        foreach (var shape in shapes)
            for (var bit = 0; bit < 128; bit++)
            {
                batch.Fill(random, shape);
                aead.Seal(batch.Packets);
                var forgery = bit % shape.Length;
                batch.ForgeTag(forgery, bit);
                SetVerdicts(batch, random);
                aead.Open(batch.Packets);
                batch.AssertOpened(forgery);
            }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Batches_allocate_nothing(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        TransportAeadFactory.Warm(aead);
        using var batch = new AeadBatchBuffer();
        foreach (var length in new[] { 64, 1420 })
        {
            batch.Fill(new Random(1), [.. Enumerable.Repeat(length, 20)]);
            var packets = batch.Packets;
            AllocationMeter.AssertNothingAllocated(() =>
            {
                aead.Seal(packets);
                aead.Open(packets);
            });
        }
    }

    private static int[] Lengths(Random random, int count)
    {
        var usual = random.Next(2001);
        var kind = random.Next(4);
        return [.. Enumerable.Range(0, count).Select(_ => kind switch
        {
            0 => usual,
            1 => random.Next(130),
            2 => random.Next(3) == 0 ? 1420 : 64,
            _ => random.Next(2001),
        })];
    }

    /// <summary>What Authentic was before Open must not matter.</summary>
    private static void SetVerdicts(AeadBatchBuffer batch, Random random)
    {
        for (var i = 0; i < batch.Packets.Length; i++)
            batch.Packets[i].Authentic = random.Next(2) == 0;
    }
}
