using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Hosting;

/// <summary>How a peer's endpoint is written, a name perhaps, after clients have changed the peer.</summary>
public sealed class WrittenEndpointTests : IDisposable
{
    private const string Name = "wgwritten0";
    private static readonly string s_one = Keys.Numbered(1).ToString();

    private readonly MemoryTunnel _tunnel;
    private string[] _severalAre = ["192.0.2.3", "192.0.2.4"];

    public WrittenEndpointTests()
    {
        var files = Directory.CreateTempSubdirectory("wg-written-");
        var path = Path.Combine(files.FullName, Name + ".conf");
        File.WriteAllText(path, $"[Interface]\nPrivateKey = {Keys.Numbered(9)}\nListenPort = 51820\n[Peer]\nPublicKey = {s_one}\nAllowedIPs = 10.0.0.1/32\nEndpoint = vpn.example:5\n");
        using var config = ConfigParser.Load(path);
        _tunnel = new MemoryTunnel(files, new TunnelHostOptions
        {
            Name = Name,
            Config = config,
            LookUp = (name, _) => Task.FromResult<IPAddress[]>(name switch
            {
                "vpn.example" => [IPAddress.Parse("192.0.2.1")],
                "several.example" => [.. _severalAre.Select(IPAddress.Parse)],
                _ => [IPAddress.Parse("192.0.2.2")],
            }),
        });
    }

    public void Dispose() => _tunnel.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("192.0.2.7:6")]
    [InlineData("other.example:6")]
    public void A_change_that_the_host_refuses_leaves_the_name(string? endpoint)
    {
        _tunnel.Platform.RefusesSteps = true;
        _tunnel.Platform.RouteFailure = new HostNetworkException("adding route 10.0.0.2/32", "File exists");
        Assert.ThrowsAny<CommandException>(() => Set(endpoint, "10.0.0.2/32"));
        Assert.ThrowsAny<CommandException>(() => _tunnel.Client.RemovePeer(s_one));
        Assert.Empty(Saved());
    }

    [Fact]
    public void A_name_that_a_client_gives_is_what_is_saved()
    {
        Set("other.example:6");
        Assert.Equal(["vpn.example:5>other.example:6"], Saved());
        // The peer is there already, and now by its name.
        Set("192.0.2.1:5");
        Assert.Equal(["vpn.example:5>192.0.2.1:5"], Saved());
        Set("vpn.example:5");
        Assert.Empty(Saved());
    }

    [Fact]
    public void The_address_where_it_is_already_is_no_other_way_to_write_it()
    {
        Assert.Empty(Set("192.0.2.1:5").Changes!);
        Assert.Empty(Saved());
    }

    [Fact]
    public void A_name_with_several_addresses_moves_nobody_who_is_at_one_of_them()
    {
        Set("several.example:6");
        _severalAre = ["192.0.2.4", "192.0.2.3"];
        Assert.Equal(("192.0.2.3:6", 0), Set("several.example:6") is var same ? (same.Endpoint!, same.Changes!.Count) : default);
        Assert.Equal("192.0.2.3:7", Set("several.example:7").Endpoint);
        _severalAre = ["192.0.2.4"];
        Assert.Equal("192.0.2.4:7", Set("several.example:7").Endpoint);
    }

    private PeerInfo Set(string? endpoint, params string[] more) =>
        _tunnel.Client.SetPeer(new PeerChangeRequest { PublicKey = s_one, Endpoint = endpoint, AllowedIPs = ["10.0.0.1/32", .. more] });

    private IEnumerable<string> Saved() => _tunnel.Host.Save(dryRun: true).Changes.Select(change => $"{change.From}>{change.To}");
}
