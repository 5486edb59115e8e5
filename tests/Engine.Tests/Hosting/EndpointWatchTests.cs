using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;
using WireGuard.Tests.Diagnostics;
using ManualTimeProvider = WireGuard.Tests.Device.ManualTimeProvider;

namespace WireGuard.Tests.Hosting;

/// <summary>Endpoints whose names lead elsewhere while a tunnel runs.</summary>
public sealed class EndpointWatchTests : IDisposable
{
    private static readonly PublicKey Named = Keys.Numbered(1);
    private static readonly IPEndPoint Old = IPEndPoint.Parse("192.0.2.1:51820");

    private readonly FakeDeviceControl _device = new();
    private readonly ManualTimeProvider _time = new();
    private readonly CapturingLog _log = new();
    private readonly ConfiguredEndpoints _written = Written();
    private readonly EndpointWatch _watch;
    private Func<string, IPAddress[]> _lookUp = _ => throw new SocketException((int)SocketError.TryAgain);
    private int _lookUps;
    private ulong _sent;

    public EndpointWatchTests()
    {
        using var change = new DeviceChange
        {
            Peers =
            [
                new PeerChange { PublicKey = Named, Endpoint = Old },
                new PeerChange { PublicKey = Keys.Numbered(2), Endpoint = IPEndPoint.Parse("192.0.2.2:51820") },
            ],
        };
        _device.Apply(change);
        var resolver = new EndpointResolver(_log, _time, retries: 0, (name, _) =>
        {
            _lookUps++;
            return Task.Run(() => _lookUp(name));
        });
        _watch = new EndpointWatch(_device, _written, new Lock(), resolver, _time, _log);
    }

    public void Dispose() => _watch.Dispose();

    private static ConfiguredEndpoints Written()
    {
        var endpoints = new ConfiguredEndpoints();
        endpoints.Set(Named, new HostEndpoint("vpn.example", 51820));
        endpoints.Set(Keys.Numbered(2), new HostEndpoint("192.0.2.2", 51820));
        return endpoints;
    }

    [Fact]
    public async Task A_peer_that_is_spoken_to_in_vain_is_looked_for_where_its_name_leads_now()
    {
        Resolve("192.0.2.9");
        Shake();
        await Look(TimeSpan.FromSeconds(1));
        // A session that only one end sends on is renewed as late as 190 s.
        await Look(TimeSpan.FromSeconds(194));
        _time.JumpWallClock(TimeSpan.FromDays(1));
        await _watch.LookAsync();
        Assert.Equal((0, Old), (_lookUps, Endpoint()));
        await Look(TimeSpan.FromSeconds(2));
        Assert.Equal(IPEndPoint.Parse("192.0.2.9:51820"), Endpoint());
        Assert.Contains(_log.Lines, line => line.Contains("vpn.example:51820 does not answer where it was; trying 192.0.2.9:51820", StringComparison.Ordinal));
        Assert.Equal(IPEndPoint.Parse("192.0.2.2:51820"), Endpoint(Keys.Numbered(2)));

        Shake();
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(1, _lookUps);
    }

    [Fact]
    public async Task An_endpoint_that_somebody_sets_during_the_look_up_stays()
    {
        var repaired = IPEndPoint.Parse("198.51.100.5:4500");
        _lookUp = _ =>
        {
            using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = Named, Endpoint = repaired }] };
            _device.Apply(change);
            _written.Forget(change);
            return [IPAddress.Parse("192.0.2.9")];
        };
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal((1, repaired), (_lookUps, Endpoint()));
    }

    [Fact]
    public async Task A_peer_that_shakes_hands_from_elsewhere_during_the_look_up_stays_there()
    {
        var roamed = IPEndPoint.Parse("198.51.100.5:4500");
        _lookUp = _ =>
        {
            // As the device learns it: nothing of it goes through what is written.
            using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = Named, Endpoint = roamed }] };
            _device.Apply(change);
            Shake();
            return [IPAddress.Parse("192.0.2.9")];
        };
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal((1, roamed), (_lookUps, Endpoint()));
    }

    [Fact]
    public async Task A_peer_that_never_answered_is_looked_for_too()
    {
        Resolve("2001:db8::9");
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(IPEndPoint.Parse("[2001:db8::9]:51820"), Endpoint());
    }

    [Fact]
    public async Task A_peer_that_nobody_speaks_to_is_left_alone()
    {
        Resolve("192.0.2.9");
        Shake();
        await Look(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromHours(1));
        await _watch.LookAsync();
        Assert.Equal((0, Old), (_lookUps, Endpoint()));
    }

    [Fact]
    public async Task Of_several_addresses_the_next_one_is_tried_each_time()
    {
        Resolve("192.0.2.7", "192.0.2.1", "2001:db8::1");
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:51820"), Endpoint());
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(IPEndPoint.Parse("192.0.2.7:51820"), Endpoint());
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(Old, Endpoint());
    }

    [Fact]
    public async Task The_same_single_address_changes_nothing()
    {
        var applied = _device.Applied;
        Resolve("192.0.2.1");
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal((1, applied), (_lookUps, _device.Applied));
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_is_tried_again_at_the_next_look()
    {
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal((1, Old), (_lookUps, Endpoint()));
        Resolve("192.0.2.9");
        await Look(TimeSpan.FromSeconds(30));
        Assert.Equal(IPEndPoint.Parse("192.0.2.9:51820"), Endpoint());
    }

    [Fact]
    public async Task A_peer_that_was_removed_is_not_brought_back()
    {
        Resolve("192.0.2.9");
        using (var change = new DeviceChange { Peers = [new PeerChange { PublicKey = Named, Mode = PeerChangeMode.Remove }] })
            _device.Apply(change);
        await Look(TimeSpan.FromSeconds(30));
        using var snapshot = _device.Snapshot();
        Assert.DoesNotContain(snapshot.Peers, peer => peer.PublicKey == Named);
        Assert.Equal(0, _lookUps);
    }

    private void Resolve(params string[] addresses) => _lookUp = _ => Array.ConvertAll(addresses, IPAddress.Parse);

    private void Shake() => _device.Traffic[Named] = (_time.GetUtcNow(), 0, _sent);

    /// <summary>Something is sent meanwhile.</summary>
    private async Task Look(TimeSpan after)
    {
        _time.Advance(after);
        _sent += 148;
        _device.Traffic[Named] = (_device.Traffic.GetValueOrDefault(Named).Handshake, 0, _sent);
        await _watch.LookAsync();
    }

    private IPEndPoint? Endpoint(PublicKey? key = null)
    {
        using var snapshot = _device.Snapshot();
        return snapshot.Peers.Single(peer => peer.PublicKey == (key ?? Named)).Endpoint;
    }
}
