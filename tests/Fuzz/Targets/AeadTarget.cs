using System.Buffers.Binary;
using WireGuard.Engine.Crypto;
using WireGuard.Tests.Crypto;

namespace WireGuard.Fuzz;

/// <summary>
/// Batches of packets of any lengths, sealed and opened by each kernel of this CPU at any alignment: what libsodium makes
/// of them, byte for byte, nothing beside text and tag touched, and forgeries told from the rest and left as they came.
/// </summary>
internal sealed class AeadTarget : IFuzzTarget
{
    private const int MaxLength = 2000;
    private const int MaxPackets = 24;

    private static readonly int[] s_usual = [0, 16, 64, 128, 192, 193, 448, 449, 960, 961, 1024, 1280, 1420, 1472, 1473, 1500];

    private readonly TransportAead[] _aeads = [.. TransportAeadFactory.Available.Select(TransportAeadFactory.Create)];
    private readonly AeadBatchBuffer _batch = new();

    public string Name => "aead";

    /// <summary>A seed, then the lengths of the packets, two bytes each.</summary>
    public byte[] Make(Random random)
    {
        var count = random.Next(3) == 0 ? 1 : random.Next(1, MaxPackets + 1);
        var input = new byte[sizeof(int) + (count * sizeof(ushort))];
        BinaryPrimitives.WriteInt32LittleEndian(input, random.Next());
        var isEven = random.Next(3) == 0;
        var length = Length(random);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(sizeof(int) + (i * sizeof(ushort))), (ushort)length);
            if (!isEven)
                length = Length(random);
        }

        return input;
    }

    public void Run(byte[] input)
    {
        if (input.Length < sizeof(int) + sizeof(ushort))
            return;
        var seed = BinaryPrimitives.ReadInt32LittleEndian(input);
        var lengths = new int[Math.Min(MaxPackets, (input.Length - sizeof(int)) / sizeof(ushort))];
        for (var i = 0; i < lengths.Length; i++)
            lengths[i] = Math.Min(MaxLength, (int)BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(sizeof(int) + (i * sizeof(ushort)))));
        foreach (var aead in _aeads)
            Run(aead, new Random(seed), lengths);
    }

    public void CheckHealth()
    {
        // It keeps nothing.
    }

    public void Dispose() => _batch.Dispose();

    private static int Length(Random random) =>
        random.Next(3) == 0 ? s_usual[random.Next(s_usual.Length)] : random.Next(MaxLength + 1);

    private void Run(TransportAead aead, Random random, int[] lengths)
    {
        _batch.Fill(random, lengths);
        aead.Seal(_batch.Packets);
        _batch.AssertSealed();
        int[] forgeries = random.Next(4) == 0 ? [] : [random.Next(lengths.Length)];
        foreach (var forgery in forgeries)
            _batch.Forge(forgery, random.Next(8 * (lengths[forgery] + TransportAead.TagSize)));
        for (var i = 0; i < lengths.Length; i++)
            _batch.Packets[i].Authentic = random.Next(2) == 0;
        aead.Open(_batch.Packets);
        _batch.AssertOpened(forgeries);
    }
}
