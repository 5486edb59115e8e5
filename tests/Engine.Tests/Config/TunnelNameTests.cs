using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class TunnelNameTests
{
    [Theory]
    [InlineData("wg0", true)]
    [InlineData("a", true)]
    [InlineData("A_b=c+d.e-f", true)]
    [InlineData("123456789012345", true)]
    [InlineData("1234567890123456", false)]
    [InlineData("...", true)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("wg 0", false)]
    [InlineData("wg/0", false)]
    [InlineData("wg0\n", false)]
    [InlineData("wgü", false)]
    [InlineData("wg%0", false)]
    public void Validity(string? name, bool expected) => Assert.Equal(expected, TunnelName.IsValid(name));

    [Theory]
    [InlineData("/etc/wireguard/wg0.conf", "wg0")]
    [InlineData("wg0.conf", "wg0")]
    [InlineData("./a.b.conf", "a.b")]
    [InlineData("/etc/wireguard/wg0", null)]
    [InlineData("/etc/wireguard/.conf", null)]
    [InlineData("/etc/wireguard/...conf", null)]
    [InlineData("/etc/wireguard/1234567890123456.conf", null)]
    [InlineData("/etc/wireguard/wg 0.conf", null)]
    [InlineData("/etc/wireguard/wg0.CONF", null)]
    [InlineData("/etc/wireguard/", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void From_path(string? path, string? expected)
    {
        Assert.Equal(expected is not null, TunnelName.TryFromPath(path, out var name));
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("wg0", "/conf/wg0.conf", "wg0")]
    [InlineData("/tmp/x/wg1.conf", "/tmp/x/wg1.conf", "wg1")]
    [InlineData("/tmp/x/../wg1.conf", "/tmp/wg1.conf", "wg1")]
    [InlineData("/tmp/some file", "/tmp/some file", null)]
    public void Location(string nameOrFile, string path, string? name) =>
        Assert.Equal(new ConfigLocation(path, name), ConfigLocation.Resolve(nameOrFile, "/conf"));

    [Theory]
    [InlineData("wg0.conf", "wg0")]
    [InlineData("./wg0", null)]
    [InlineData("much-too-long-for-a-name", null)]
    [InlineData("..", null)]
    public void Relative_location(string file, string? name) =>
        Assert.Equal(new ConfigLocation(Path.GetFullPath(file), name), ConfigLocation.Resolve(file, "/conf"));

    [Fact]
    public void No_location() => Assert.Throws<ArgumentException>(() => ConfigLocation.Resolve(" "));

    // The only test that looks at the variable; it puts it back.
    [Fact]
    public void Directory_comes_from_the_environment()
    {
        var before = Environment.GetEnvironmentVariable(ConfigLocation.DirectoryVariable);
        try
        {
            Environment.SetEnvironmentVariable(ConfigLocation.DirectoryVariable, "/srv/wg");
            Assert.Equal("/srv/wg/wg0.conf", ConfigLocation.Resolve("wg0").Path);
            Environment.SetEnvironmentVariable(ConfigLocation.DirectoryVariable, "");
            Assert.Equal("/etc/wireguard/wg0.conf", ConfigLocation.Resolve("wg0").Path);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ConfigLocation.DirectoryVariable, before);
        }
    }
}
