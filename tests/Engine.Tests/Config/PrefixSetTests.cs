using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class PrefixSetTests
{
    [Theory]
    [InlineData("0.0.0.0/0", "", "0.0.0.0/0")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", "")]
    [InlineData("", "10.0.0.0/8", "")]
    [InlineData("10.0.0.0/8", "192.168.0.0/16", "10.0.0.0/8")]
    [InlineData("10.0.0.0/30", "10.0.0.1/32", "10.0.0.0/32, 10.0.0.2/31")]
    [InlineData("10.0.0.0/24, 10.0.1.0/24", "", "10.0.0.0/23")]
    [InlineData("10.0.1.0/24, 10.0.2.0/24", "", "10.0.1.0/24, 10.0.2.0/24")]
    [InlineData("10.0.0.0/8, 10.1.0.0/16, 10.0.0.0/8", "", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "255.255.255.255/32, 0.0.0.0/1", "128.0.0.0/2, 192.0.0.0/3, 224.0.0.0/4, 240.0.0.0/5, 248.0.0.0/6, 252.0.0.0/7, 254.0.0.0/8, 255.0.0.0/9, 255.128.0.0/10, 255.192.0.0/11, 255.224.0.0/12, 255.240.0.0/13, 255.248.0.0/14, 255.252.0.0/15, 255.254.0.0/16, 255.255.0.0/17, 255.255.128.0/18, 255.255.192.0/19, 255.255.224.0/20, 255.255.240.0/21, 255.255.248.0/22, 255.255.252.0/23, 255.255.254.0/24, 255.255.255.0/25, 255.255.255.128/26, 255.255.255.192/27, 255.255.255.224/28, 255.255.255.240/29, 255.255.255.248/30, 255.255.255.252/31, 255.255.255.254/32")]
    [InlineData("0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16", "0.0.0.0/5, 8.0.0.0/7, 11.0.0.0/8, 12.0.0.0/6, 16.0.0.0/4, 32.0.0.0/3, 64.0.0.0/2, 128.0.0.0/3, 160.0.0.0/5, 168.0.0.0/6, 172.0.0.0/12, 172.32.0.0/11, 172.64.0.0/10, 172.128.0.0/9, 173.0.0.0/8, 174.0.0.0/7, 176.0.0.0/4, 192.0.0.0/9, 192.128.0.0/11, 192.160.0.0/13, 192.169.0.0/16, 192.170.0.0/15, 192.172.0.0/14, 192.176.0.0/12, 192.192.0.0/10, 193.0.0.0/8, 194.0.0.0/7, 196.0.0.0/6, 200.0.0.0/5, 208.0.0.0/4, 224.0.0.0/3")]
    [InlineData("::/0, 0.0.0.0/0", "::/1", "0.0.0.0/0, 8000::/1")]
    [InlineData("::/0", "::/0", "")]
    [InlineData("::/0", "", "::/0")]
    [InlineData("8000::/1, ::/1", "", "::/0")]
    [InlineData("fd00::/126", "fd00::2/128", "fd00::/127, fd00::3/128")]
    [InlineData("ffff::/16", "ffff::/17", "ffff:8000::/17")]
    public void What_is_left_out_is_in_none_of_the_fewest_prefixes(string included, string excluded, string expected) =>
        Assert.Equal(expected, string.Join(", ", PrefixSet.Subtract(Parse(included), Parse(excluded))));

    [Fact]
    public void It_agrees_with_a_look_at_every_address()
    {
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            var (included, excluded) = (Some(random), Some(random));
            var expected = Enumerable.Range(0, 256).Select(last => Holds(included, last) && !Holds(excluded, last)).ToArray();
            var result = PrefixSet.Subtract(included, excluded);
            var found = Enumerable.Range(0, 256).Select(last => result.Count(prefix => prefix.Contains(Address(last)))).ToArray();
            Assert.Equal(expected.Select(e => e ? 1 : 0), found);
            Assert.Equal(Fewest(expected), result.Count);
        }
    }

    private static List<IPNetwork> Some(Random random) => [.. Enumerable.Range(0, random.Next(6)).Select(_ =>
    {
        var length = random.Next(24, 33);
        return new IPNetwork(Address(random.Next(256) & (0xFF00 >> (length - 24))), length);
    })];

    // A block that is wholly wanted is one prefix, any other its two halves.
    private static int Fewest(ReadOnlySpan<bool> wanted) =>
        !wanted.Contains(false) ? 1 : !wanted.Contains(true) ? 0 : Fewest(wanted[..(wanted.Length / 2)]) + Fewest(wanted[(wanted.Length / 2)..]);

    private static bool Holds(List<IPNetwork> prefixes, int last) => prefixes.Exists(prefix => prefix.Contains(Address(last)));

    private static IPAddress Address(int last) => new([10, 0, 0, (byte)last]);

    private static IEnumerable<IPNetwork> Parse(string list) => list.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse);
}
