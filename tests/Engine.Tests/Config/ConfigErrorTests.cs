using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigErrorTests
{
    public static TheoryData<int> Broken => [.. Enumerable.Range(0, BrokenConfigs.All.Length)];

    [Theory]
    [MemberData(nameof(Broken))]
    public void Says_exactly_what_is_wrong(int index)
    {
        var (text, expected) = BrokenConfigs.All[index];
        var result = ConfigParser.Parse(text, "wg0.conf");
        Assert.Null(result.Config);
        Assert.True(result.HasErrors);
        Assert.Equal(expected, from d in result.Diagnostics where d.Severity == ConfigSeverity.Error select d.ToString());
    }

    // Whole keys, and any part of one that is long enough to help somebody.
    [Fact]
    public void Never_repeats_a_secret()
    {
        var checkedConfigs = 0;
        foreach (var (text, _) in BrokenConfigs.All)
        {
            foreach (var secret in (string[])[TestKeys.Private, TestKeys.Preshared])
            {
                if (!text.Contains(secret[..20]) && !text.Contains(secret[1..21]))
                    continue;
                checkedConfigs++;
                var said = string.Join('\n', ConfigParser.Parse(text, "wg0.conf").Diagnostics) + ConfigParser.Parse(text);
                for (var start = 0; start + 8 <= secret.Length; start++)
                    Assert.DoesNotContain(secret.Substring(start, 8), said);
            }
        }

        Assert.True(checkedConfigs > 40);
    }

    [Fact]
    public void Text_without_a_path_says_so()
    {
        var result = ConfigParser.Parse("[Interface]\nMTU = x");
        Assert.Equal("(text):2:7: error: MTU must be a number of bytes from 576 to 65535, not 'x'.", result.Diagnostics[^1].ToString());
    }

    [Theory]
    [InlineData("[Interface]\nX\u202Ey = 1", "'X?y'")]
    [InlineData("[Interface]\nMTU = aaaaa bbbbb ccccc ddddd eeeee fffff ggggg hhhhh iiiii jjjjj kkkkk", "'aaaaa bbbbb ccccc ddddd eeeee fffff ggggg hhhhh iiiii jjjjj ...'")]
    public void Quoted_text_is_printable_and_short(string text, string quoted) =>
        Assert.Contains(quoted, ConfigParser.Parse(text).Diagnostics.Single(d => d.Severity == ConfigSeverity.Error).Message);

    [Fact]
    public void Errors_beyond_the_limit_are_counted()
    {
        var result = ConfigParser.Parse("[Interface]\n" + string.Concat(Enumerable.Repeat("x\n", DiagnosticBag.Limit + 234)), "wg0.conf");
        Assert.Equal(DiagnosticBag.Limit + 1, result.Diagnostics.Count(d => d.Severity == ConfigSeverity.Error));
        Assert.Equal("wg0.conf: error: There are 234 more errors.", result.Diagnostics[^1].ToString());
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("MTU", "mtu", 0)]
    [InlineData("Adress", "Address", 1)]
    [InlineData("Addresss", "Address", 1)]
    [InlineData("Adderss", "Address", 2)]
    [InlineData("Endpoint", "MTU", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Edit_distance(string left, string right, int expected)
    {
        Assert.Equal(expected, ConfigGrammar.Distance(left, right));
        Assert.Equal(expected, ConfigGrammar.Distance(right, left));
    }
}
