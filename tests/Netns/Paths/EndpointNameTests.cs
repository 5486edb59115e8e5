using System.Net;
using WireGuard.Tests.Clock;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>A peer that has moved is found again by its name, with a name server that answers otherwise than before.</summary>
public sealed class EndpointNameTests
{
    // A look at all peers a second, and staleness after six and a half.
    private const string Speed = "30";

    [InteropFact]
    public void A_peer_that_moves_is_found_where_its_name_leads_now()
    {
        var moved = IPAddress.Parse("10.77.0.9");
        using var pair = new EnginePair();
        pair.Two.Namespace.Ip("address", "add", "10.77.0.53/32", "dev", "eth0");
        using var names = new NameServer(pair.One.Namespace, pair.Two.Namespace, IPAddress.Parse("10.77.0.53"), pair.Two.OuterAddress);
        using var files = new PrivateDirectory();
        var config = files.Write($"{pair.One.Interface}.conf", File.ReadAllText(pair.ConfigOne).Replace($"{pair.Two.OuterAddress}:", "vpn.example.com:"));
        pair.Up(pair.Two);
        using var engine = pair.One.Namespace.Start(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", typeof(FastTunnelProgram).Assembly.Location, FastTunnelProgram.Verb, config, Speed);
        Assert.Equal("ready", engine.StandardOutput.ReadLine());
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        Assert.Equal($"{pair.Two.OuterAddress}:{pair.Two.ListenPort}", Endpoint(pair.One));

        // It goes, and comes back at another address, where it knows nobody's: it is for the other end to find it.
        pair.Two.Engine("down", pair.Two.Interface);
        pair.Two.Namespace.Ip("address", "del", $"{pair.Two.OuterAddress}/24", "dev", "eth0");
        pair.Two.Namespace.Ip("address", "add", $"{moved}/24", "dev", "eth0");
        pair.Up(pair.Two);
        names.Answer = moved;
        using var pings = pair.One.Namespace.Start("ping", "-n", "-q", "-i", "0.2", $"{pair.Two.InnerIPv4}");
        try
        {
            Eventually.True(() => Endpoint(pair.One) == $"{moved}:{pair.Two.ListenPort}", "the name is looked up again");
            // The session from before is no session to it: after 15 s without an answer there is a new one.
            Eventually.True(() => pair.One.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", $"{pair.Two.InnerIPv4}").ExitCode == 0, "it answers there");
            Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        }
        finally
        {
            pings.Kill();
            pings.WaitForExit();
        }

        engine.StandardInput.Close();
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the tunnel ends");
        Assert.Equal(0, engine.ExitCode);
    }

    private static string Endpoint(Host host) => host.WgShow("endpoints").Single()[1];
}
