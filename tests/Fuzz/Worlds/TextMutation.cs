using System.Text;

namespace WireGuard.Fuzz;

/// <summary>Damage to texts.</summary>
internal static class TextMutation
{
    internal static string Apply(Random random, string text, string[] pieces, int most)
    {
        var mutated = new StringBuilder(text);
        for (var change = random.Next(most); change > 0; change--)
        {
            if (mutated.Length == 0)
                mutated.Append('x');
            var at = random.Next(mutated.Length);
            var length = Math.Min(random.Next(1, 12), mutated.Length - at);
            switch (random.Next(6))
            {
                case 0:
                    mutated.Remove(at, length);
                    break;
                case 1:
                    mutated.Insert(at, pieces[random.Next(pieces.Length)]);
                    break;
                case 2:
                    mutated[at] = (char)random.Next(random.Next(4) == 0 ? 0x10000 : 0x80);
                    break;
                case 3:
                    mutated.Insert(random.Next(mutated.Length), mutated.ToString(at, length));
                    break;
                case 4:
                    SwapLines(random, mutated);
                    break;
                default:
                    if (random.Next(20) == 0)
                        mutated.Insert(at, mutated.ToString(at, length), random.Next(600));
                    break;
            }
        }

        return mutated.ToString();
    }

    /// <summary>As bytes, a few of them damaged now and then.</summary>
    internal static byte[] ToBytes(Random random, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && random.Next(10) == 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static void SwapLines(Random random, StringBuilder text)
    {
        var lines = text.ToString().Split('\n');
        var (one, other) = (random.Next(lines.Length), random.Next(lines.Length));
        (lines[one], lines[other]) = (lines[other], lines[one]);
        text.Clear().Append(string.Join('\n', lines));
    }
}
