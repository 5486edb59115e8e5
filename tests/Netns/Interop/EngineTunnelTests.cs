using System.Text.Json;

namespace WireGuard.Tests.Interop;

/// <summary>Our engine at both ends, from two wg.conf files, by its own verbs.</summary>
public class EngineTunnelTests
{
    [InteropTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Two_configuration_files_make_a_tunnel(bool withPresharedKey, bool plain)
    {
        using var pair = new EnginePair(withPresharedKey ? TestKeys.CreatePresharedKey() : null, "MTU = 1380", plain);
        pair.Up();
        Traffic.PingBothWays(pair.One, pair.Two, 200);
        Traffic.Transfer(pair.One, pair.Two, pair.Two.InnerIPv4, 4 << 20);
        Traffic.Transfer(pair.Two, pair.One, pair.One.InnerIPv6, 4 << 20);

        foreach (var host in new[] { pair.One, pair.Two })
        {
            Assert.Equal(1380, Link(host).GetProperty("mtu").GetInt32());
            host.Engine("down", host.Interface);
            Assert.Empty(host.Leftovers());
        }
    }

    [InteropFact]
    public void There_is_a_lane_for_each_processor_unless_told_otherwise()
    {
        using var pair = new EnginePair();
        foreach (var processors in new[] { 1, 3 })
        {
            pair.One.UseEnvironment($"DOTNET_PROCESSOR_COUNT={processors}");
            pair.Up(pair.One);
            Assert.Equal(processors, Lanes());
            pair.One.Engine("down", pair.One.Interface);
        }

        pair.Up(pair.One, "--queues", "2");
        Assert.Equal(2, Lanes());

        int Lanes()
        {
            using var document = JsonDocument.Parse(pair.One.Engine("show", pair.One.Interface, "--json").Output);
            return document.RootElement.GetProperty("lanes").GetInt32();
        }
    }

    [InteropFact]
    public void Two_lanes_carry_many_connections_at_once_and_are_shown()
    {
        using var pair = new EnginePair();
        var process = pair.Up(pair.One, "--queues", "2").ProcessId;
        pair.Up(pair.Two, "--queues", "2");
        var threads = Directory.GetDirectories($"/proc/{process}/task").Select(task => File.ReadAllText($"{task}/comm").Trim());
        Assert.Equal(["wg lane 0", "wg lane 1"], threads.Where(t => t.StartsWith("wg lane", StringComparison.Ordinal)).Order());
        using (var document = JsonDocument.Parse(pair.One.Engine("show", pair.One.Interface, "--json").Output))
            Assert.Equal(2, document.RootElement.GetProperty("lanes").GetInt32());
        Traffic.PingBothWays(pair.One, pair.Two, 100);
        Parallel.ForEach(Enumerable.Range(0, 12), new ParallelOptions { MaxDegreeOfParallelism = 12 }, i =>
        {
            var (from, to) = i % 2 == 0 ? (pair.One, pair.Two) : (pair.Two, pair.One);
            Traffic.Transfer(from, to, i % 3 == 0 ? to.InnerIPv6 : to.InnerIPv4, 1 << 20);
        });
        Eventually.True(() => pair.Two.Transfer() is var (received, sent) && pair.One.Transfer() == (sent, received), "both ends count the same bytes");
        foreach (var host in new[] { pair.One, pair.Two })
        {
            host.Engine("down", host.Interface);
            Assert.Empty(host.Leftovers());
        }
    }

    [InteropTheory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1000")]
    public void Lanes_that_the_machine_cannot_run_are_refused(string queues)
    {
        using var pair = new EnginePair();
        var refused = pair.One.TryEngine("up", pair.ConfigOne, "--queues", queues);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--queues is a number from 1 to ", refused.Error);
        Assert.Empty(pair.One.Leftovers());
    }

    [InteropFact]
    public void Show_tells_what_wg_tells_and_no_secret()
    {
        var presharedKey = TestKeys.CreatePresharedKey();
        using var pair = new EnginePair(presharedKey);
        pair.Up();
        Traffic.PingBothWays(pair.One, pair.Two, 5);
        Eventually.True(() => pair.Two.Transfer() is var (received, sent) && pair.One.Transfer() == (sent, received), "both ends count the same bytes");

        var text = pair.One.Engine("show", pair.One.Interface).Output;
        var json = pair.One.Engine("show", pair.One.Interface, "--json").Output;
        foreach (var secret in new[] { pair.One.Keys.PrivateKey, pair.Two.Keys.PrivateKey, presharedKey })
        {
            Assert.DoesNotContain(secret, text);
            Assert.DoesNotContain(secret, json);
        }

        Assert.Contains($"peer: {pair.Two.Keys.PublicKey}", text);
        using var document = JsonDocument.Parse(json);
        var peer = document.RootElement.GetProperty("peers")[0];
        Assert.Equal("the other one", peer.GetProperty("name").GetString());
        Assert.Equal(pair.One.Transfer(), (peer.GetProperty("rxBytes").GetUInt64(), peer.GetProperty("txBytes").GetUInt64()));
        Assert.Equal(pair.One.LatestHandshake(), peer.GetProperty("lastHandshake").GetDateTimeOffset().ToUnixTimeSeconds());
        Assert.Equal(pair.One.WgShow("allowed-ips").Single()[1].Split(' '), peer.GetProperty("allowedIPs").EnumerateArray().Select(a => a.GetString()));
    }

    [InteropFact]
    public void Addresses_and_routes_are_as_the_file_says()
    {
        using var pair = new EnginePair();
        pair.Up(pair.One);
        var host = pair.One;
        var addresses = host.Namespace.IpJson("address", "show", "dev", host.Interface).Single().GetProperty("addr_info").EnumerateArray()
            .Where(a => a.GetProperty("scope").GetString() == "global")
            .Select(a => $"{a.GetProperty("local").GetString()}/{a.GetProperty("prefixlen").GetInt32()}");
        Assert.Equal([$"{host.InnerIPv4}/24", $"{host.InnerIPv6}/64"], addresses.Order());
        Assert.Contains("UP", Link(host).GetProperty("flags").EnumerateArray().Select(f => f.GetString()));

        // The allowed IPs lie inside the addresses' networks, whose routes cover them, as wg-quick sees it too.
        foreach (var (family, network) in new[] { ("-4", "10.78.0.0/24"), ("-6", "fd78::/64") })
        {
            var routes = host.Namespace.IpJson(family, "route", "show", "dev", host.Interface).Select(r => r.GetProperty("dst").GetString());
            Assert.Contains(network, routes);
        }
    }

    [InteropFact]
    public void A_tunnel_that_runs_is_not_started_twice()
    {
        using var pair = new EnginePair();
        pair.Up();
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);
        var again = pair.One.TryEngine("up", pair.ConfigOne);
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains(pair.One.Interface, again.Error);
        Traffic.PingBothWays(pair.One, pair.Two, 5);
    }

    private static JsonElement Link(Host host) => host.Namespace.IpJson("link", "show", "dev", host.Interface).Single();
}
