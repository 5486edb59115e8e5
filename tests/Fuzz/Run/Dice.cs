namespace WireGuard.Fuzz;

/// <summary>Decisions read from an input; when it is used up, the first choice every time.</summary>
internal sealed class Dice(byte[] input)
{
    private int _position;

    internal byte NextByte() => _position < input.Length ? input[_position++] : (byte)0;

    /// <summary>0 to <paramref name="choices"/> - 1.</summary>
    internal int Next(int choices) => choices <= 256 ? NextByte() % choices : (int)(NextUInt32() % (uint)choices);

    internal bool OneIn(int choices) => Next(choices) == choices - 1;

    internal uint NextUInt32() => (uint)(NextByte() | NextByte() << 8 | NextByte() << 16 | NextByte() << 24);

    internal ulong NextUInt64() => NextUInt32() | (ulong)NextUInt32() << 32;

    /// <summary>A few bytes of the input make many.</summary>
    internal byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random((int)NextUInt32()).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Decisions enough for one case of most targets.</summary>
    internal static byte[] Throw(Random random, int most)
    {
        var bytes = new byte[random.Next(8, most)];
        random.NextBytes(bytes);
        return bytes;
    }
}
