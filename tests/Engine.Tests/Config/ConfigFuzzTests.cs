using System.Text;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

/// <summary>Damaged files: never an exception, never a configuration beside an error, and whatever is accepted can be written and read again.</summary>
public sealed class ConfigFuzzTests
{
    private static readonly string[] Pieces =
    [
        "[Interface]", "[Peer]", "[", "]", "=", "#", ",", "/", ":", "+", "-", "\n", "\r\n", "\r", "\0", "\uFEFF", "\u2028", "\uD800", "# Name = x\n",
        "AllowedIPs = ", "Endpoint = [", "PostUp =", "PrivateKey = ", "PrivateKey = " + TestKeys.Private + "\n", "0x", "off", "99999999999", "::", "%eth0", " ", "\t",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutations_of_valid_files(int seed)
    {
        var random = new Random(seed);
        var configs = new RandomConfig(seed);
        var accepted = 0;
        for (var round = 0; round < 2500; round++)
        {
            using var config = configs.Next();
            accepted += Check(Mutate(random, ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets))) ? 1 : 0;
        }

        Assert.InRange(accepted, 1, 2499);
    }

    [Fact]
    public void Damaged_bytes_in_a_file()
    {
        var random = new Random(5);
        var path = Path.GetTempFileName();
        try
        {
            for (var round = 0; round < 200; round++)
            {
                using var config = new RandomConfig(round).Next();
                var bytes = Encoding.UTF8.GetBytes(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets));
                for (var change = random.Next(3); change >= 0; change--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(path, bytes);
                Verify(ConfigParser.ParseFile(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    // What costs more than linear time shows here as a test that does not end.
    [Theory]
    [InlineData("a", "")]
    [InlineData("a\n", "")]
    [InlineData("[Peer]\n", "")]
    [InlineData("[Interface]\n", "")]
    [InlineData("# Name = x\n", "")]
    [InlineData(",", "[Interface]\nAddress = ")]
    [InlineData("1.2.3.4 ", "[Interface]\nAddress = ")]
    [InlineData("10.0.0.0/8,-10.0.0.0/8,", "[Interface]\n[Peer]\nAllowedIPs = ")]
    [InlineData("a.", "[Interface]\n[Peer]\nEndpoint = ")]
    [InlineData(":", "[Interface]\n[Peer]\nEndpoint = ")]
    public void Long_and_repetitive(string piece, string start)
    {
        var text = new StringBuilder(start).Insert(start.Length, piece, 1_000_000 / piece.Length).ToString();
        Assert.InRange(ConfigParser.Parse(text).Diagnostics.Count, 1, (2 * DiagnosticBag.Limit) + 1);
    }

    private static bool Check(string text) => Verify(ConfigParser.Parse(text));

    private static bool Verify(ConfigResult result)
    {
        Assert.Equal(result.HasErrors, result.Config is null);
        Assert.All(result.Diagnostics, d => Assert.DoesNotContain(d.Message, char.IsControl));
        if (result.Config is null)
            return false;
        using var config = result.Config;
        using var again = ConfigParser.Parse(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets)).Config;
        ConfigEquality.AssertEqual(config, again!);
        return true;
    }

    private static string Mutate(Random random, string text)
    {
        var mutated = new StringBuilder(text);
        for (var change = random.Next(4); change >= 0; change--)
        {
            var at = random.Next(mutated.Length);
            var length = Math.Min(random.Next(1, 12), mutated.Length - at);
            switch (random.Next(4))
            {
                case 0:
                    mutated.Remove(at, length);
                    break;
                case 1:
                    mutated.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    mutated[at] = (char)random.Next(random.Next(4) == 0 ? 0x10000 : 0x80);
                    break;
                default:
                    mutated.Insert(random.Next(mutated.Length), mutated.ToString(at, length));
                    break;
            }

            if (mutated.Length == 0)
                mutated.Append('x');
        }

        return mutated.ToString();
    }
}
