using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Interop;

/// <summary>WG_TUN_FD and WG_UAPI_FD: the drop-in form with a TUN device and a socket that somebody else opened.</summary>
public sealed class HandedOverTests : IDisposable
{
    // Arguments: interface, path of the socket, command. $^F: descriptors up to it stay open in the command.
    private const string Opener = """
        use Socket;
        $^F = 255;
        my $name = shift; my $path = shift;
        open(TUN, "+<", "/dev/net/tun") or die "tun: $!";
        ioctl(TUN, 0x400454ca, pack("a16 s x22", $name, 0x1001)) or die "TUNSETIFF: $!";
        socket(UAPI, PF_UNIX, SOCK_STREAM, 0) && bind(UAPI, sockaddr_un($path)) && listen(UAPI, 8) or die "$path: $!";
        $ENV{WG_TUN_FD} = fileno(TUN); $ENV{WG_UAPI_FD} = fileno(UAPI);
        exec @ARGV;
        """;

    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing(["perl"]) is null ? Host.Pair() : default;

    private Host Host => _hosts.One;

    private string[] Launcher => ["perl", "-e", Opener, Host.Interface, Host.UapiSocket];

    [InteropFact("perl")]
    public void In_the_foreground_the_engine_uses_both_and_leaves_the_sockets_file_to_its_maker()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Host.UapiSocket)!);
        using var first = BareTunnel.Start(Host, InteropRequirement.Engine!, Launcher);
        using var second = BareTunnel.Start(_hosts.Two, InteropRequirement.Engine!);
        first.SetPeer(_hosts.Two, _hosts.Two.OuterEndpoint(overIPv6: false), null);
        second.SetPeer(Host, null, null);
        Traffic.Ping(Host, _hosts.Two.InnerIPv4, 5);

        first.Dispose();
        Assert.Equal([Host.UapiSocket], Host.Leftovers());
    }

    [InteropFact("perl")]
    public void Detached_it_takes_them_along()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Host.UapiSocket)!);
        Host.Namespace.Run(Launcher[0], [.. Launcher[1..], InteropRequirement.Engine!, Host.Interface]);
        Host.Namespace.Run("wg", "set", Host.Interface, "fwmark", "0x2a");
        Assert.Equal("0x2a", Host.WgShow("fwmark").Single().Single());

        Host.Engine("down", Host.Interface);
        Assert.Equal([Host.UapiSocket], Host.Leftovers());
    }

    [InteropTheory("perl")]
    [InlineData("WG_TUN_FD", "x", true)]
    [InlineData("WG_TUN_FD", "x", false)]
    [InlineData("WG_TUN_FD", "0", true)]
    [InlineData("WG_TUN_FD", "0", false)]
    [InlineData("WG_TUN_FD", "1000000", true)]
    [InlineData("WG_UAPI_FD", "-1", true)]
    [InlineData("WG_UAPI_FD", "0", true)]
    [InlineData("WG_UAPI_FD", "0", false)]
    [InlineData("WG_UAPI_FD", "1000000", false)]
    public void A_descriptor_that_is_no_such_thing_is_refused(string variable, string value, bool foreground)
    {
        string[] arguments = foreground ? ["-f", Host.Interface] : [Host.Interface];
        var result = Host.Namespace.TryRun("env", [$"{variable}={value}", InteropRequirement.Engine!, .. arguments]);
        Assert.Equal((int)ExitCode.Error, result.ExitCode);
        Assert.Contains("descriptor", result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact("perl")]
    public void A_tun_of_another_name_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Host.UapiSocket)!);
        var result = Host.Namespace.TryRun("perl", "-e", Opener, "other0", Host.UapiSocket, InteropRequirement.Engine!, "-f", Host.Interface);
        Assert.Equal((int)ExitCode.Error, result.ExitCode);
        Assert.Contains($"is other0, not {Host.Interface}", result.Error);
    }

    public void Dispose()
    {
        _hosts.One?.Dispose();
        _hosts.Two?.Dispose();
    }
}
