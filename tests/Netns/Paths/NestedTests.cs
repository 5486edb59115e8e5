using System.Diagnostics;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>Tunnels inside tunnels, meant and not.</summary>
public class NestedTests
{
    private const string Nested = "10.80.0.";

    [InteropTheory]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    public void A_tunnel_runs_inside_another(string other)
    {
        using var pair = TunnelPair.Start(other);
        using var files = new PrivateDirectory();
        var (keysOne, keysTwo) = (TestKeys.Create(), TestKeys.Create());
        using var one = new SecondTunnel(pair.One, files, keysOne, 1);
        using var two = new SecondTunnel(pair.Two, files, keysTwo, 2);
        one.Set("peer", keysTwo.PublicKey, "allowed-ips", Nested + "2/32");
        two.Set("peer", keysOne.PublicKey, "allowed-ips", Nested + "1/32", "endpoint", $"{pair.One.InnerIPv4}:6001");

        AssertPings(pair.Two, Nested + "1", 1340);
        AssertPings(pair.One, Nested + "2", 1340);
    }

    // The peer inside is reached through the peer outside, both behind the same interface of host one.
    [InteropFact]
    public void A_peer_is_reached_through_another_peer_of_the_same_interface()
    {
        using var pair = TunnelPair.Start(oneKnowsTwo: true);
        using var files = new PrivateDirectory();
        var keys = TestKeys.Create();
        using var second = new SecondTunnel(pair.Two, files, keys, 2);
        second.Set("peer", pair.One.Keys.PublicKey, "allowed-ips", Nested + "1/32");
        TunnelPair.Set(pair.One, "peer", keys.PublicKey, "allowed-ips", Nested + "2/32", "endpoint", $"{pair.Two.InnerIPv4}:6002");
        pair.One.Namespace.Ip("addr", "add", Nested + "1/24", "dev", pair.One.Interface);

        AssertPings(pair.One, Nested + "2", 1300);
        AssertPings(pair.Two, Nested + "1", 1300);
    }

    [InteropTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_route_of_the_endpoint_into_its_own_tunnel_melts_nothing(bool hasSession)
    {
        using var pair = TunnelPair.Start(oneKnowsTwo: true);
        if (hasSession)
            Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        TunnelPair.Set(pair.One, "peer", pair.Two.Keys.PublicKey, "allowed-ips", "10.77.0.2/32,10.78.0.0/24");
        pair.One.Namespace.Ip("route", "add", "10.77.0.2/32", "dev", pair.One.Interface, "src", "10.77.0.1");
        var before = TunnelPair.Statistic(pair.One.Namespace, pair.One.Interface, "tx_packets");
        var sent = Stopwatch.StartNew();
        pair.One.Namespace.TryRun("ping", "-n", "-q", "-c", "10", "-i", "0.1", "-W", "1", "-s", "1392", $"{pair.Two.InnerIPv4}");
        // Each of the ten comes back once, in two fragments, the second of which nobody can tell; and the retries of the handshake.
        var most = 10 * 4 + (10 * (int)sent.Elapsed.TotalSeconds);
        Assert.InRange(TunnelPair.Statistic(pair.One.Namespace, pair.One.Interface, "tx_packets") - before, 10, most);

        pair.One.Namespace.Ip("route", "del", "10.77.0.2/32", "dev", pair.One.Interface);
        Eventually.True(
            () => pair.One.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", $"{pair.Two.InnerIPv4}").ExitCode == 0,
            "the tunnel works again when the route is gone");
    }

    private static void AssertPings(Host from, string to, int size)
    {
        // Two handshakes may come before the first answer.
        var result = from.Namespace.TryRun("ping", "-n", "-q", "-M", "do", "-c", "3", "-i", "0.1", "-W", "15", "-s", $"{size - 28}", to);
        Assert.True(result.ExitCode == 0 && result.Output.Contains(" 3 received"), $"{size} bytes: {result.Output}{result.Error}");
    }

    /// <summary>Another engine on the host, 10.80.0.N, port 6000 + N.</summary>
    private sealed class SecondTunnel : IDisposable
    {
        private readonly Host _host;
        private readonly string _name;

        public SecondTunnel(Host host, PrivateDirectory files, TestKeys keys, int number)
        {
            _host = host;
            _name = host.Interface + "n";
            string[] command = [.. host.EngineLauncher, InteropRequirement.Engine!, "-f", _name];
            var process = host.Namespace.Start(command[0], command[1..]);
            Eventually.True(() => UapiSocket.IsAnswered(_name) || process.HasExited, "the second tunnel answers wg");
            Set("private-key", files.Write(_name, keys.PrivateKey), "listen-port", $"{6000 + number}");
            host.Namespace.Ip("addr", "add", $"{Nested}{number}/24", "dev", _name);
            host.Namespace.Ip("link", "set", _name, "mtu", "1340", "up");
        }

        public void Set(params string[] arguments) => _host.Namespace.Run("wg", ["set", _name, .. arguments]);

        public void Dispose() => _host.TryEngine("down", _name);
    }
}
