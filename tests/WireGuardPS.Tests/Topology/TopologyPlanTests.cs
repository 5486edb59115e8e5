namespace WireGuard.Tests.Topology;

/// <summary>Who sends what to whom.</summary>
public sealed class TopologyPlanTests
{
    [Fact]
    public void A_full_mesh_is_all_with_all() => Assert.Equal(
        [
            "a: b 10.0.0.2/32 | c 10.0.0.3/32",
            "b: a 10.0.0.1/32 | c 10.0.0.3/32",
            "c: a 10.0.0.1/32 | b 10.0.0.2/32",
        ],
        Topologies.Ways(Topologies.Hosts("a b c", more: "links:\n- kind: full-mesh\n")));

    [Fact]
    public void Spokes_reach_each_other_and_each_others_networks_through_the_hub() => Assert.Equal(
        [
            "hub: x 10.0.0.2/32, 192.168.2.0/24 | y 10.0.0.3/32",
            "x: hub 10.0.0.1/32, 10.0.0.3/32",
            "y: hub 10.0.0.1/32, 10.0.0.2/32, 192.168.2.0/24",
        ],
        Topologies.Ways(Topologies.Hosts("hub x y", "x y", "links:\n- kind: hub-and-spoke\n  hub: hub\n").Replace("  x:\n", "  x:\n    networks: 192.168.2.0/24\n", StringComparison.Ordinal)));

    [Fact]
    public void Hubs_that_are_linked_join_their_spokes() => Assert.Equal(
        [
            "h1: x 10.0.0.3/32 | h2 10.0.0.2/32, 10.0.0.4/32",
            "h2: y 10.0.0.4/32 | h1 10.0.0.1/32, 10.0.0.3/32",
            "x: h1 10.0.0.1/32, 10.0.0.2/32, 10.0.0.4/32",
            "y: h2 10.0.0.2/32, 10.0.0.1/32, 10.0.0.3/32",
        ],
        Topologies.Ways(Topologies.Hosts("h1 h2 x y", "x y", """
            links:
            - {kind: hub-and-spoke, hub: h1, spokes: [x]}
            - {kind: hub-and-spoke, hub: h2, spokes: [y]}
            - {kind: full-mesh, hosts: [h1, h2]}
            """)));

    [Fact]
    public void Who_is_no_hub_passes_nothing_on() => Assert.Equal(
        ["a: b 10.0.0.2/32", "b: a 10.0.0.1/32 | c 10.0.0.3/32", "c: b 10.0.0.2/32"],
        Topologies.Ways(Topologies.Hosts("a b c", more: "links:\n- {kind: full-mesh, hosts: [a, b]}\n- {kind: full-mesh, hosts: [b, c]}\n")));

    [Fact]
    public void A_link_is_a_shorter_way_than_a_hub() => Assert.Equal(
        ["hub: a 10.0.0.2/32 | b 10.0.0.3/32", "a: hub 10.0.0.1/32 | b 10.0.0.3/32", "b: hub 10.0.0.1/32 | a 10.0.0.2/32"],
        Topologies.Ways(Topologies.Hosts("hub a b", more: "links:\n- {kind: hub-and-spoke, hub: hub}\n- {kind: full-mesh, hosts: [a, b]}\n")));

    // What a host sends to a peer is what it takes from it: both ends of every way must agree, hop by hop.
    [Fact]
    public void Ways_back_are_the_ways_there()
    {
        var ways = Topologies.Ways(Topologies.Hosts("h1 h2 h3 a b c d e", "a b c d e", """
            links:
            - {kind: full-mesh, hosts: [h1, h2, h3]}
            - {kind: hub-and-spoke, hub: h1, spokes: [a, b]}
            - {kind: hub-and-spoke, hub: h2, spokes: [c]}
            - {kind: hub-and-spoke, hub: h3, spokes: [d, e]}
            """)).ToDictionary(line => line.Split(':')[0], line => line.Split(": ")[1].Split(" | ").ToDictionary(way => way.Split(' ')[0], way => way.Split(' ', 2)[1].Split(", ")));
        string[] names = [.. ways.Keys];
        string Address(string name) => $"10.0.0.{Array.IndexOf(names, name) + 1}/32";
        string Next(string from, string to) => ways[from].Single(way => way.Value.Contains(Address(to))).Key;

        foreach (var from in names)
        {
            foreach (var to in names.Where(name => name != from))
            {
                for (var at = from; at != to;)
                {
                    var next = Next(at, to);
                    Assert.Equal(at, Next(next, from));
                    at = next;
                }
            }
        }
    }

    [Fact]
    public void Two_ways_as_short_are_an_error_that_names_both_hubs()
    {
        var (_, found) = Topologies.Read(Topologies.Hosts("h1 h2 x y", "x y", "links:\n- {kind: hub-and-spoke, hub: h1, spokes: [x, y]}\n- {kind: hub-and-spoke, hub: h2, spokes: [x, y]}\n"));

        var error = Assert.Single(found, d => d.Id == "TwoWays" && d.Message.StartsWith("'x'", StringComparison.Ordinal));
        Assert.Contains("'h1' (line 2)", error.Message, StringComparison.Ordinal);
        Assert.Contains("'h2' (line 6)", error.Message, StringComparison.Ordinal);
    }
}
