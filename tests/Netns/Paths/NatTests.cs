using System.Diagnostics;
using System.Globalization;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>A server on the outside, a router that masquerades, and clients behind it (RFC 4787).</summary>
public sealed class NatTests : IDisposable
{
    private const string Outside = "10.90.0.254";

    private readonly List<IDisposable> _owned = [];
    private readonly NetworkNamespace _router;
    private readonly Host _server;
    private readonly Host[] _clients;

    public NatTests()
    {
        _router = Own(NetworkNamespace.Create());
        _server = Own(Host.Alone(1));
        _clients = [Own(Host.Alone(2)), Own(Host.Alone(3))];
        _server.Namespace.ConnectTo(_router, "eth0", ["10.90.0.1/24"], "outside", [Outside + "/24"]);
        for (var i = 0; i < _clients.Length; i++)
        {
            _clients[i].Namespace.ConnectTo(_router, "eth0", [$"10.91.{i}.2/24"], $"inside{i}", [$"10.91.{i}.1/24"]);
            _clients[i].Namespace.Ip("route", "add", "default", "via", $"10.91.{i}.1");
        }
    }

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    [InteropFact(InteropRequirement.Nft, InteropRequirement.ConnectionTracking)]
    public void Two_clients_behind_one_address_are_told_apart_and_survive_new_mappings()
    {
        StartRouter();
        Start(keepalive: 0);
        foreach (var client in _clients)
            Traffic.Ping(client, _server.InnerIPv4, 5);
        foreach (var client in _clients)
            Traffic.Ping(_server, client.InnerIPv4, 5);
        var before = EndpointsAtServer();
        Assert.All(before, endpoint => Assert.Equal(Outside, endpoint.Address));
        Assert.Equal(2, before.Select(endpoint => endpoint.Port).Distinct().Count());

        // The router forgets, and gives both another port.
        var handshakes = Handshakes();
        _router.Run("nft", "flush", "chain", "ip", "nat", "post");
        Masquerade(" to :3000-3999");
        _router.Run("conntrack", "-F");
        foreach (var client in _clients)
            Traffic.Ping(client, _server.InnerIPv4, 5);
        foreach (var client in _clients)
            Traffic.Ping(_server, client.InnerIPv4, 5);
        var after = EndpointsAtServer();
        Assert.All(after, endpoint => Assert.InRange(endpoint.Port, 3000, 3999));
        Assert.Equal(2, after.Select(endpoint => endpoint.Port).Distinct().Count());
        Assert.Equal(handshakes, Handshakes());
    }

    [InteropFact(InteropRequirement.Nft, InteropRequirement.ConnectionTracking)]
    public void A_keepalive_of_one_second_keeps_a_mapping_of_two_and_without_one_it_is_lost()
    {
        StartRouter();
        foreach (var timeout in new[] { "nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream" })
            _router.Run("sysctl", "-qw", $"net.netfilter.{timeout}=2");
        Start(keepalive: 1);
        Traffic.Ping(_clients[0], _server.InnerIPv4, 1);

        // Nothing but keepalives for three times the mapping's life.
        for (var quiet = Stopwatch.StartNew(); quiet.Elapsed < TimeSpan.FromSeconds(6);)
        {
            Assert.NotEmpty(_router.Run("conntrack", "-L", "-p", "udp").Output);
            Thread.Sleep(250);
        }

        Traffic.Ping(_server, _clients[0].InnerIPv4, 1);
        foreach (var client in _clients)
            TunnelPair.Set(client, "peer", _server.Keys.PublicKey, "persistent-keepalive", "off");
        Eventually.True(() => _router.Run("conntrack", "-L", "-p", "udp").Output.Length == 0, "the mapping ends");
        var result = _server.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", $"{_clients[0].InnerIPv4}");
        Assert.Contains("1 packets transmitted, 0 received", result.Output);
    }

    // A host behind a client of the tunnel, masqueraded into it, hears of a destination that no peer has.
    [InteropFact(InteropRequirement.Nft, InteropRequirement.ConnectionTracking)]
    public void Unreachable_is_told_to_the_sender_behind_the_tunnel_host()
    {
        var gateway = _clients[0];
        using var behind = NetworkNamespace.Create();
        behind.ConnectTo(gateway.Namespace, "eth0", ["10.92.0.2/24"], "behind", ["10.92.0.1/24"]);
        behind.Ip("route", "add", "default", "via", "10.92.0.1");
        StartRouter();
        Start(keepalive: 0);
        gateway.Namespace.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1");
        gateway.Namespace.Run("nft", $"add table ip nat; add chain ip nat post {{ type nat hook postrouting priority 100; }}; add rule ip nat post oifname {gateway.Interface} masquerade");
        // The same sender reaches a peer that is there.
        Eventually.True(() => behind.TryRun("ping", "-n", "-q", "-c", "1", "-W", "2", $"{_server.InnerIPv4}").ExitCode == 0, "the server answers");

        var result = behind.TryRun("ping", "-n", "-c", "2", "-i", "0.2", "-W", "5", "10.78.0.99");
        Assert.Contains("From 10.78.0.99", result.Output);
        Assert.Contains("Destination Host Unreachable", result.Output);

        // A peer that is known and whose place is not is no better.
        TunnelPair.Set(gateway, "peer", TestKeys.Create().PublicKey, "allowed-ips", "10.78.0.98/32");
        Assert.Contains("Destination Host Unreachable", behind.TryRun("ping", "-n", "-c", "2", "-i", "0.2", "-W", "5", "10.78.0.98").Output);
    }

    private void StartRouter()
    {
        _router.Run("sysctl", "-qw", "net.ipv4.ip_forward=1");
        _router.Run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }");
        Masquerade("");
    }

    private void Masquerade(string ports) =>
        _router.Run("nft", $"add rule ip nat post oifname outside meta l4proto udp masquerade{ports}");

    private void Start(int keepalive)
    {
        var server = Own(BareTunnel.Start(_server, InteropRequirement.Engine!));
        foreach (var client in _clients)
        {
            server.SetPeer(client, null, null);
            Own(BareTunnel.Start(client, InteropRequirement.Engine!)).SetPeer(_server, $"10.90.0.1:{_server.ListenPort}", null, keepalive);
        }
    }

    private List<(string Address, int Port)> EndpointsAtServer() =>
        [.. _server.WgShow("endpoints").Select(row => row[1].Split(':')).Select(parts => (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture)))];

    private string Handshakes() => string.Join(' ', _server.WgShow("latest-handshakes").Select(row => row[1]).Order());

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
