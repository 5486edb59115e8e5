using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Hosting;

/// <summary>When the host is told of one peer alone, and when of all.</summary>
public sealed class FollowTests : IDisposable
{
    private const string Name = "wgfollow0";
    private static readonly string s_one = Keys.Numbered(1).ToString();
    private static readonly string s_two = Keys.Numbered(2).ToString();

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryTunnel _tunnel;

    public FollowTests() => _tunnel = new MemoryTunnel(Directory.CreateTempSubdirectory("wg-follow-"), new TunnelHostOptions
    {
        Name = Name,
        Config = new TunnelConfig { Interface = new InterfaceSection { PrivateKey = SecretKey.RandomPrivateKey() } },
        Time = _time,
    });

    private ControlConnection Engine => _tunnel.Client;

    private MemoryPlatform Platform => _tunnel.Platform;

    public void Dispose() => _tunnel.Dispose();

    [Fact]
    public void Within_a_moment_of_a_look_at_all_a_peer_is_told_of_alone()
    {
        Add(s_one, "10.0.0.1/32");
        Add(s_two, "10.0.0.2/32", "192.0.2.2:9");
        Engine.SetPeer(new PeerChangeRequest { PublicKey = s_two, AllowedIPs = ["10.0.0.3/32"], Endpoint = "192.0.2.3:9" });
        Engine.RemovePeer(s_one);
        Assert.Equal(["routes 10.0.0.1/32", "step +10.0.0.2/32 -  > 192.0.2.2", "step +10.0.0.3/32 -10.0.0.2/32 192.0.2.2 > 192.0.2.3", "step + -10.0.0.1/32  > "], Platform.Calls);
    }

    [Fact]
    public void A_prefix_that_another_peer_gives_up_is_none_that_went()
    {
        Add(s_one, "10.0.0.0/24", null, "10.0.1.0/24");
        Add(s_two, "10.0.1.0/24");
        Assert.Equal("step +10.0.1.0/24 -  > ", Platform.Calls[^1]);
        Engine.RemovePeer(s_one);
        Assert.Equal("step + -10.0.0.0/24  > ", Platform.Calls[^1]);
    }

    [Fact]
    public void Once_in_a_while_all_are_looked_at()
    {
        Add(s_one, "10.0.0.1/32");
        _time.Advance(TunnelHost.BetweenLooks - TimeSpan.FromTicks(1));
        Add(s_two, "10.0.0.2/32");
        _time.Advance(TimeSpan.FromTicks(1));
        Engine.RemovePeer(s_one);
        Engine.RemovePeer(s_two);
        Assert.Equal(["routes 10.0.0.1/32", "step +10.0.0.2/32 -  > ", "routes 10.0.0.2/32", "step + -10.0.0.2/32  > "], Platform.Calls);
    }

    /// <summary>Nobody tells the host of them but the next look at all.</summary>
    [Fact]
    public void After_a_change_by_wg_all_are_looked_at()
    {
        Add(s_one, "10.0.0.1/32");
        Uapi.Ask(_tunnel.Files, Name, $"set=1\npublic_key={Keys.Hex(Keys.Numbered(3))}\nallowed_ip=10.0.0.3/32\n\n");
        Add(s_two, "10.0.0.2/32");
        Assert.Equal(["routes 10.0.0.1/32", "routes 10.0.0.1/32 10.0.0.3/32 10.0.0.2/32"], Platform.Calls);
        Engine.RemovePeer(s_one);
        Assert.Equal("step + -10.0.0.1/32  > ", Platform.Calls[^1]);
    }

    [Fact]
    public void What_cannot_be_told_alone_is_told_with_all()
    {
        Add(s_one, "10.0.0.1/32");
        Platform.RefusesSteps = true;
        Add(s_two, "0.0.0.0/0");
        Assert.Equal(["routes 10.0.0.1/32", "step +0.0.0.0/0 -  > ", "routes 10.0.0.1/32 0.0.0.0/0"], Platform.Calls);
    }

    /// <summary>Nobody knows how far it came.</summary>
    [Fact]
    public void After_a_failure_and_after_a_sync_all_are_looked_at()
    {
        Add(s_one, "10.0.0.1/32");
        Platform.RefusesSteps = true;
        Platform.RouteFailure = new HostNetworkException("adding route 10.0.0.2/32 to wg0", "File exists");
        Assert.ThrowsAny<CommandException>(() => Add(s_two, "10.0.0.2/32"));
        (Platform.RefusesSteps, Platform.RouteFailure) = (false, null);
        Platform.Calls.Clear();
        Add(s_two, "10.0.0.2/32");
        Assert.Equal(["routes 10.0.0.1/32 10.0.0.2/32"], Platform.Calls);

        Engine.Sync(new SyncRequest { Mode = SyncModes.Set, Mtu = 1390 });
        Platform.Calls.Clear();
        Engine.RemovePeer(s_two);
        Assert.Equal(["routes 10.0.0.1/32"], Platform.Calls);
    }

    [Fact]
    public void A_peer_that_roamed_is_added_again_just_so_until_somebody_writes_another_endpoint()
    {
        Add(s_one, "10.0.0.1/32", "192.0.2.1:9");
        Roam("198.51.100.1:7");
        Assert.Empty(Add(s_one, "10.0.0.1/32", "192.0.2.1:9").Changes!);
        Uapi.Ask(_tunnel.Files, Name, $"set=1\npublic_key={Keys.Hex(Keys.Numbered(1))}\nendpoint=192.0.2.5:9\n\n");
        Assert.ThrowsAny<CommandException>(() => Add(s_one, "10.0.0.1/32", "192.0.2.1:9"));

        // As a packet from there would.
        void Roam(string endpoint)
        {
            using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = IPEndPoint.Parse(endpoint) }] };
            _tunnel.Host.Device.Apply(change);
        }
    }

    /// <summary>What was so already: the route may be missing all the same, after wg(8) or because somebody took it away.</summary>
    [Fact]
    public void What_is_so_already_is_looked_at_after_wg_and_once_in_a_while()
    {
        Add(s_one, "10.0.0.1/32");
        for (var turn = 0; turn < 100; turn++)
            SetSame();
        Assert.Equal(["routes 10.0.0.1/32"], Platform.Calls);
        Uapi.Ask(_tunnel.Files, Name, $"set=1\npublic_key={Keys.Hex(Keys.Numbered(1))}\nallowed_ip=10.0.0.2/32\n\n");
        SetSame("10.0.0.2/32");
        SetSame("10.0.0.2/32");
        Assert.Equal(["routes 10.0.0.1/32", "routes 10.0.0.1/32 10.0.0.2/32"], Platform.Calls);
        _time.Advance(TunnelHost.BetweenLooks);
        for (var turn = 0; turn < 100; turn++)
            Add(s_one, "10.0.0.1/32", null, "10.0.0.2/32");
        Assert.Equal(3, Platform.Calls.Count);

        void SetSame(params string[] more) => Assert.Empty(Engine.SetPeer(new PeerChangeRequest { PublicKey = s_one, AllowedIPs = ["10.0.0.1/32", .. more] }).Changes!);
    }

    private PeerInfo Add(string key, string prefix, string? endpoint = null, params string[] more) =>
        Engine.AddPeer(new PeerChangeRequest { PublicKey = key, AllowedIPs = [prefix, .. more], Endpoint = endpoint });
}
