using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Routes and MTU that follow one peer at a time are those that all peers at once would bring.</summary>
public sealed class OnePeerTests : IDisposable
{
    // Nested ones, both families, some within the interface's own subnet.
    private static readonly string[] s_prefixes =
    [
        "10.0.0.5/32", "10.0.0.6/32", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "192.168.9.0/24", "fd00::5/128", "fd77::/48", "fd77::1/128", "0.0.0.0/1",
    ];

    private static readonly string[] s_endpoints = ["10.1.0.2", "10.2.0.2", "198.51.100.9"];

    private readonly Host _stepwise = new();
    private readonly Host _atOnce = new();

    public void Dispose()
    {
        _stepwise.Dispose();
        _atOnce.Dispose();
    }

    [RootTheory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(3, 1400)]
    public void Random_changes_end_with_what_a_fresh_start_has(int seed, int? mtu)
    {
        var random = new Random(seed);
        var peers = new Dictionary<int, (HashSet<string> Prefixes, string? Endpoint)>();
        _stepwise.Apply([], [], mtu);
        _stepwise.Network.Update([], []);
        for (var turn = 0; turn < 60; turn++)
        {
            var number = random.Next(5);
            var before = peers.GetValueOrDefault(number);
            var had = before.Prefixes?.ToHashSet() ?? [];
            if (random.Next(4) == 0)
            {
                peers.Remove(number);
            }
            else
            {
                var prefixes = s_prefixes.Where(_ => random.Next(4) == 0).ToHashSet();
                foreach (var other in peers.Where(peer => peer.Key != number))
                    other.Value.Prefixes.ExceptWith(prefixes);
                peers[number] = (prefixes, random.Next(3) == 0 ? null : s_endpoints[random.Next(s_endpoints.Length)]);
            }

            var after = peers.GetValueOrDefault(number);
            var has = after.Prefixes ?? [];
            Assert.True(_stepwise.Network.TryUpdate(Parse(has.Except(had)), Parse(had.Except(has)), Address(before.Endpoint), Address(after.Endpoint)), $"turn {turn}");
            if (turn % 20 == 19)
                AssertAsAtOnce(peers.Values, mtu);
        }
    }

    [RootFact]
    public void A_step_that_fails_leaves_all_as_it_was_and_is_left_to_a_look_at_all()
    {
        _stepwise.Apply(["10.1.0.0/16"], [], null);
        _stepwise.Network.Update(Parse(["10.1.0.0/16"]), []);
        var before = _stepwise.Picture();
        // Somebody else's, with the metric that ours would have.
        _stepwise.Netns.Ip("route", "add", "10.7.0.0/16", "dev", "veth0");
        Assert.False(_stepwise.Network.TryUpdate(Parse(["10.6.0.0/16", "10.7.0.0/16"]), Parse(["10.1.0.0/16"]), null, Address("10.2.0.2")));
        Assert.Equal(before, _stepwise.Picture());
    }

    /// <summary>Rules and marks come with a default route, and what is left of a prefix may be left of two.</summary>
    [RootFact]
    public void A_default_route_and_networks_left_out_are_left_to_a_look_at_all()
    {
        _stepwise.Apply([], [], null);
        _stepwise.Network.Update([], []);
        Assert.False(_stepwise.Network.TryUpdate(Parse(["0.0.0.0/0"]), [], null, null));
        Assert.False(_stepwise.Network.TryUpdate([], Parse(["::/0"]), null, null));
        _atOnce.Apply([], [], null, new HostChoices { ExcludedRoutes = [IPNetwork.Parse("10.1.2.0/24")] });
        Assert.False(_atOnce.Network.TryUpdate(Parse(["10.1.0.0/16"]), [], null, null));
    }

    /// <summary>Another mark, other addresses: ways and foreign routes may be others.</summary>
    [RootFact]
    public void After_a_change_of_settings_an_endpoint_waits_for_a_look_at_all()
    {
        _stepwise.Apply([], [], null);
        Assert.False(_stepwise.Network.TryUpdate([], [], null, Address("10.2.0.2")));
        _stepwise.Network.Update([], [Address("10.2.0.2")!]);
        Assert.Equal(1280, _stepwise.Mtu);
        Assert.True(_stepwise.Network.TryUpdate([], [], Address("10.2.0.2"), null));
        Assert.Equal(1420, _stepwise.Mtu);
        _stepwise.Network.ChangeMark(7, static _ => { }, static () => { });
        Assert.False(_stepwise.Network.TryUpdate([], [], null, Address("10.2.0.2")));
    }

    /// <summary>A link that goes down takes its IPv4 routes with it, and while it is down a look asks for none.</summary>
    [RootFact]
    public void Routes_that_the_kernel_took_away_are_back_after_a_look_at_all()
    {
        string[] routes = ["10.6.0.0/16", "10.7.0.0/16"];
        _stepwise.Apply(routes, [], null);
        _stepwise.Netns.Ip("link", "set", "wg0", "down");
        _stepwise.Network.Update(Parse(routes), []);
        _stepwise.Netns.Ip("link", "set", "wg0", "up");
        Assert.DoesNotContain("10.7.0.0/16", _stepwise.Picture());
        _stepwise.Network.Update(Parse(routes), []);
        Assert.Contains("10.6.0.0/16 10.7.0.0/16", _stepwise.Picture());
    }

    /// <summary>Two peers behind one address: its way counts until the second has gone.</summary>
    [RootFact]
    public void A_way_counts_as_long_as_one_peer_is_there()
    {
        _stepwise.Apply([], [], null);
        _stepwise.Network.Update([], [Address("10.2.0.2")!, Address("10.2.0.2")!]);
        Assert.True(_stepwise.Network.TryUpdate([], [], Address("10.2.0.2"), null));
        Assert.Equal(1280, _stepwise.Mtu);
        Assert.True(_stepwise.Network.TryUpdate([], [], Address("10.2.0.2"), null));
        Assert.Equal(1420, _stepwise.Mtu);
    }

    private void AssertAsAtOnce(IEnumerable<(HashSet<string> Prefixes, string? Endpoint)> peers, int? mtu)
    {
        var now = peers.ToList();
        _atOnce.Apply([.. now.SelectMany(peer => peer.Prefixes)], [.. now.Select(peer => peer.Endpoint).OfType<string>()], mtu);
        Assert.Equal(_atOnce.Picture(), _stepwise.Picture());
        _atOnce.Network.Undo();
    }

    private static IPNetwork[] Parse(IEnumerable<string> prefixes) => [.. prefixes.Select(IPNetwork.Parse)];

    private static IPAddress? Address(string? text) => text is null ? null : IPAddress.Parse(text);

    /// <summary>A namespace with a way of MTU 1500 to the world and one of 1300 to 10.2.0.0/24.</summary>
    private sealed class Host : IDisposable
    {
        private readonly LinuxTunDevice _tun;
        private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("wgt-");

        internal Host()
        {
            foreach (var (link, size, address) in new[] { ("veth0", "1500", "10.1.0.1/24"), ("veth2", "1300", "10.2.0.1/24") })
            {
                Netns.Ip("link", "add", link, "mtu", size, "type", "veth", "peer", "name", link + "p");
                Netns.Ip("link", "set", link, "up");
                Netns.Ip("link", "set", link + "p", "up");
                Netns.Ip("addr", "add", address, "dev", link);
            }

            Netns.Ip("route", "add", "default", "via", "10.1.0.9");
            _tun = Netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));
            Network = Netns.Invoke(() => new InterfaceConfigurator("wg0", _state.FullName, EngineLog.None));
        }

        internal NetworkNamespace Netns { get; } = NetworkNamespace.Create();

        internal InterfaceConfigurator Network { get; }

        internal int Mtu => Netns.IpJson("link", "show", "wg0")[0].GetProperty("mtu").GetInt32();

        public void Dispose()
        {
            Network.Dispose();
            _tun.Dispose();
            Netns.Dispose();
            _state.Delete(recursive: true);
        }

        internal void Apply(string[] routes, string[] endpoints, int? mtu, HostChoices? choices = null)
        {
            var settings = new HostNetworkSettings(
                "wg0", [new InterfaceAddress(IPAddress.Parse("10.0.0.1"), 24), new InterfaceAddress(IPAddress.Parse("fd00::1"), 64)], mtu, Parse(routes), RouteTable.Auto)
            {
                Endpoints = [.. endpoints.Select(IPAddress.Parse)],
                Choices = choices ?? HostChoices.None,
            };
            Netns.Invoke(() => Network.Apply(settings));
        }

        internal string Picture() => $"{Mtu} " + string.Join(' ', new[] { "-4", "-6" }
            .SelectMany(family => Netns.IpJson(family, "route", "show", "dev", "wg0"))
            .Select(route => route.GetProperty("dst").GetString()!)
            .Order(StringComparer.Ordinal));
    }
}
