namespace WireGuard.Fuzz;

/// <summary>Damage to messages that have fields.</summary>
internal static class Mutation
{
    private static readonly byte[][] s_lowOrderPoints =
    [
        new byte[32],
        [1, .. new byte[31]],
        Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        Convert.FromHexString("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];

    private const int LargestDatagram = 65_507;

    /// <summary>One change.</summary>
    /// <param name="fields">Where fields begin, and the message's end.</param>
    /// <param name="other">A message to take a field from.</param>
    internal static byte[] Apply(byte[] message, int[] fields, byte[] other, Dice dice)
    {
        var field = dice.Next(fields.Length - 1);
        var (start, end) = (Math.Min(fields[field], message.Length), Math.Min(fields[field + 1], message.Length));
        var target = message.AsSpan(start, end - start);
        switch (dice.Next(11))
        {
            case 0 or 1:
                if (message.Length > 0)
                    message[dice.Next(message.Length)] ^= (byte)(1 << dice.Next(8));
                return message;
            case 2:
                target.Clear();
                return message;
            case 3:
                target.Fill(0xFF);
                return message;
            case 4:
                dice.Bytes(target.Length).CopyTo(target);
                return message;
            case 5:
                s_lowOrderPoints[dice.Next(s_lowOrderPoints.Length)].AsSpan(0, Math.Min(32, target.Length)).CopyTo(target);
                return message;
            case 6:
                other.AsSpan(Math.Min(start, other.Length), Math.Min(target.Length, other.Length - Math.Min(start, other.Length))).CopyTo(target);
                return message;
            case 7:
                return message[..dice.Next(message.Length + 1)];
            case 8:
                return [.. message, .. dice.Bytes(Math.Min(dice.OneIn(64) ? LargestDatagram : dice.Next(64), LargestDatagram - message.Length))];
            case 9:
                if (message.Length > 0)
                    message[0] = (byte)dice.Next(6);
                return message;
            default:
                if (message.Length > 3)
                    message[1 + dice.Next(3)] = dice.NextByte();
                return message;
        }
    }
}
