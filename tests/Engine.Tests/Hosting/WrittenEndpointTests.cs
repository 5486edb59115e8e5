using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

/// <summary>How a peer's endpoint is written, a name perhaps, after clients have changed the peer.</summary>
public sealed class WrittenEndpointTests : IDisposable
{
    private const string Name = "wgwritten0";
    private static readonly string s_one = Keys.Numbered(1).ToString();

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-written-");
    private readonly MemoryPlatform _platform = new();
    private readonly TunnelHost _host;
    private readonly ControlConnection _engine;

    public WrittenEndpointTests()
    {
        File.WriteAllText(FilePath, $"[Interface]\nPrivateKey = {Keys.Numbered(9)}\nListenPort = 51820\n[Peer]\nPublicKey = {s_one}\nAllowedIPs = 10.0.0.1/32\nEndpoint = vpn.example:5\n");
        using var config = ConfigParser.Load(FilePath);
        _host = TunnelHost.Start(
            new TunnelHostOptions
            {
                Name = Name,
                Config = config,
                Log = new CapturingLog(),
                LookUp = (name, _) => Task.FromResult(new[] { IPAddress.Parse(name == "vpn.example" ? "192.0.2.1" : "192.0.2.2") }),
                UapiDirectory = Path.Combine(_directory.FullName, "uapi"),
                ControlDirectory = Path.Combine(_directory.FullName, "control"),
            },
            _platform,
            TransportAeadFactory.Best,
            default);
        _engine = ControlConnection.TryOpen(Name, Path.Combine(_directory.FullName, "control", Name + ".sock"))!;
    }

    private string FilePath => Path.Combine(_directory.FullName, Name + ".conf");

    public void Dispose()
    {
        _engine.Dispose();
        _host.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("192.0.2.7:6")]
    [InlineData("other.example:6")]
    public void A_change_that_the_host_refuses_leaves_the_name(string? endpoint)
    {
        _platform.RefusesSteps = true;
        _platform.RouteFailure = new HostNetworkException("adding route 10.0.0.2/32", "File exists");
        Assert.ThrowsAny<CommandException>(() => Set(endpoint, "10.0.0.2/32"));
        Assert.ThrowsAny<CommandException>(() => _engine.RemovePeer(s_one));
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

    private PeerInfo Set(string? endpoint, params string[] more) =>
        _engine.SetPeer(new PeerChangeRequest { PublicKey = s_one, Endpoint = endpoint, AllowedIPs = ["10.0.0.1/32", .. more] });

    private IEnumerable<string> Saved() => _host.Save(dryRun: true).Changes.Select(change => $"{change.From}>{change.To}");
}
