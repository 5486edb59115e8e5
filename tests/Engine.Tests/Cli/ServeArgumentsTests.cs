using System.CommandLine;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Cli;

/// <summary>What `serve` is told and hands on to its engine.</summary>
public sealed class ServeArgumentsTests
{
    [Fact]
    public void What_is_handed_on_is_read_as_it_was_told()
    {
        var told = Read("--pool", "10.150.0.0/24, fd42:150::/64", "--pool", "10.151.0.0/24", "--endpoint", "[2001:db8::1]:7", "--port", "7", "--dns", "10.150.0.1",
            "--mtu", "1380", "--allowed-ip", "0.0.0.0/0,::/0", "--keepalive", "25", "--lease", "30d");
        Assert.Equal(["10.150.0.0/24", "fd42:150::/64", "10.151.0.0/24"], told.Pool);
        Assert.Equal(30u * 86400, told.Lease);
        var again = Read([.. ServeArguments.For(told)]);
        Assert.Equal(told with { Pool = null, Dns = null, AllowedIPs = null }, again with { Pool = null, Dns = null, AllowedIPs = null });
        Assert.Equal((told.Pool, told.Dns, told.AllowedIPs), (again.Pool, again.Dns, again.AllowedIPs), Comparer);
    }

    [Fact]
    public void What_is_not_told_stays_and_none_takes_away()
    {
        var before = Read("--pool", "10.0.0.0/24", "--dns", "10.0.0.1", "--allowed-ip", "0.0.0.0/0", "--mtu", "1400");
        var nothing = Read();
        Assert.Equal(new ServeSettings(), nothing);
        Assert.Empty(ServeArguments.For(nothing));
        Assert.Equal(before, nothing.Over(before));
        var less = Read([.. ServeArguments.For(Read("--dns", "none", "--allowed-ip", "none", "--mtu", "0"))]).Over(before);
        Assert.Empty(less.Dns!);
        Assert.Empty(less.AllowedIPs!);
        Assert.Equal((ushort?)0, less.Mtu);
        Assert.Equal(["10.0.0.0/24"], less.Pool);
    }

    [Theory]
    [InlineData("--pool", "10.0.0.0/33")]
    [InlineData("--pool", "none")]
    [InlineData("--dns", "example")]
    [InlineData("--allowed-ip", "x")]
    [InlineData("--endpoint", "a:b")]
    [InlineData("--port", "70000")]
    [InlineData("--mtu", "100")]
    [InlineData("--lease", "soon")]
    public void What_makes_no_sense_is_refused(string option, string value) => Assert.NotEmpty(Parse(option, value).Parsed.Errors);

    private static bool Comparer((IReadOnlyList<string>?, IReadOnlyList<string>?, IReadOnlyList<string>?) one, (IReadOnlyList<string>?, IReadOnlyList<string>?, IReadOnlyList<string>?) other) =>
        one.Item1!.SequenceEqual(other.Item1!) && one.Item2!.SequenceEqual(other.Item2!) && one.Item3!.SequenceEqual(other.Item3!);

    private static ServeSettings Read(params string[] arguments)
    {
        var (parsed, options) = Parse(arguments);
        Assert.Empty(parsed.Errors);
        return options.SettingsOf(parsed);
    }

    private static (ParseResult Parsed, ServeArguments Options) Parse(params string[] arguments)
    {
        var options = new ServeArguments();
        var command = new RootCommand();
        options.AddTo(command);
        return (command.Parse(arguments), options);
    }
}
