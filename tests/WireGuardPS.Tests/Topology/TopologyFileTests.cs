using WireGuard.Configuration;

namespace WireGuard.Tests.Topology;

/// <summary>What is wrong with a topology, and where.</summary>
public sealed class TopologyFileTests
{
    private const string Mesh = "links:\n- kind: full-mesh\n";

    [Theory]
    // Of the text: id, place, and what was expected.
    [InlineData("- a\n- b", "WrongType:1:1", "a map with hosts and links")]
    [InlineData("", "WrongType:0:0", "a map with hosts and links")]
    [InlineData("hosts: {a: {address: 10.0.0.1/24}}", "MissingKey:1:1", "needs links")]
    [InlineData("links: []", "MissingKey:1:1", "needs hosts")]
    [InlineData("host: {}\nhosts: {}\nlinks: []", "UnknownKey:1:1", "did you mean hosts?")]
    [InlineData("hosts: []\nlinks: []", "WrongType:1:8", "hosts must be a map")]
    [InlineData("hosts: {}\nlinks: all", "WrongType:2:8", "links must be a list")]
    [InlineData("hosts:\n  a: 10.0.0.1\nlinks: []", "WrongType:2:6", "A host is a map: address, networks")]
    [InlineData("hosts:\n  a b: {address: 10.0.0.1}\nlinks: []", "InvalidName:2:3", "'a b' cannot be a host's name")]
    [InlineData("hosts:\n  a: {}\nlinks: []", "MissingKey:2:6", "address: its address in the tunnel")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, adress: 10.0.0.1}\nlinks: []", "UnknownKey:2:26", "did you mean address?")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, colour: red}\nlinks: []", "UnknownKey:2:26", "there may be address, networks")]
    [InlineData("hosts:\n  a:\n    address: 10.0.0.1\n    address: 10.0.0.2\nlinks: []", "DuplicateKey:4:5", "the first is in line 3")]
    [InlineData("hosts:\n  a: {address: 10.0.0.256}\nlinks: []", "InvalidAddress:2:16", "'10.0.0.256'")]
    [InlineData("hosts:\n  a: {address: [10.0.0.1, [10.0.0.2]]}\nlinks: []", "WrongType:2:27", "not a list")]
    [InlineData("hosts:\n  a: {address: }\nlinks: []", "EmptyValue:2:7", "address has no value")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, networks: 10.1.0.0/33}\nlinks: []", "InvalidAddress:2:36", "0 to 32")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, endpoint: a.example}\nlinks: []", "InvalidEndpoint:2:36", "write HOST:PORT")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, listenPort: 70000}\nlinks: []", "InvalidNumber:2:38", "a port from 0 to 65535")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, persistentKeepalive: often}\nlinks: []", "InvalidNumber:2:47", "a number of seconds")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, mtu: 1}\nlinks: []", "InvalidNumber:2:31", "576")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1, dns: -x-}\nlinks: []", "InvalidDns:2:31", "a search domain")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- full-mesh", "WrongType:4:3", "A link is a map: kind")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- hosts: [a]", "MissingKey:4:3", "hub-and-spoke, full-mesh, site-to-site")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- kind: star", "InvalidValue:4:9", "hub-and-spoke, full-mesh, site-to-site")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- kind: full-mesh", "TooFewHosts:4:3", "two hosts or more")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- kind: hub-and-spoke", "MissingKey:4:3", "needs hub")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- {kind: hub-and-spoke, hub: a, hosts: [a]}", "WrongKey:4:33", "hub and spokes")]
    [InlineData("hosts:\n  a: {address: 10.0.0.1}\nlinks:\n- {kind: full-mesh, hub: a}", "WrongKey:4:21", "this kind has hosts")]
    [InlineData("hosts:\n  berlin: {address: 10.0.0.1}\nlinks:\n- {kind: full-mesh, hosts: [berlin, berlim]}", "UnknownHost:4:37", "did you mean berlin?")]
    [InlineData("tunnel: {name: wg0}\nhosts: {}", "WrongKey:2:1", "one tunnel or several hosts")]
    [InlineData("tunnel: wg0", "WrongType:1:9", "tunnel must be a map")]
    [InlineData("tunnel: {address: 10.0.0.1}", "MissingKey:1:9", "needs name")]
    [InlineData("tunnel: {name: wg0, peers: {a: {allowedIPs: 10.0.0.0/8}}}", "MissingKey:1:32", "needs publicKey")]
    [InlineData("tunnel: {name: wg0, peers: {a: }}", "WrongType:1:32", "A peer is a map")]
    [InlineData("a: [", "InvalidYaml:2:1", "well-formed")]
    public void Each_error_has_its_place_and_says_what_was_expected(string text, string id, string expected)
    {
        var error = Topologies.Read(text).Diagnostics.First(d => d.Severity == ConfigSeverity.Error);

        Assert.Equal(id, $"{error.Id}:{error.Line}:{error.Column}");
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("privateKey", "privateKeyFile")]
    [InlineData("presharedKey", "presharedKeyFile")]
    public void A_secret_in_the_file_is_refused_and_not_repeated(string key, string instead)
    {
        var secret = Topologies.Key(77);
        var error = Topologies.Read($"hosts:\n  a: {{address: 10.0.0.1, {key}: {secret}}}\nlinks: []").Diagnostics.Single(d => d.Id == "SecretInFile");

        Assert.Equal((2, 26), (error.Line, error.Column));
        Assert.Contains(instead, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_message_repeats_a_key_that_stands_where_it_should_not()
    {
        var secret = Topologies.Key(0x6b);
        foreach (var line in new[] { $"a: {secret}", $"{secret}: {{}}", $"a: {{address: {secret}}}", $"a: {{address: 10.0.0.1, {secret}: 1}}", $"a: {{address: 10.0.0.1, endpoint: {secret}}}" })
        {
            var found = Topologies.Read($"hosts:\n  {line}\nlinks:\n- kind: {secret}\n- {{kind: full-mesh, hosts: [{secret}]}}\n").Diagnostics;
            Assert.NotEmpty(found);
            Assert.All(found, d => Assert.DoesNotContain(secret, d.ToString(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_name_that_is_there_already_is_told_with_both_lines()
    {
        var error = Errors(Topologies.Hosts("a b A", more: Mesh)).First();

        Assert.Equal(("DuplicateHost", 10), (error.Id, error.Line));
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_key_twice_is_told_with_both_hosts()
    {
        var error = Assert.Single(Errors(Topologies.Hosts("a b", more: Mesh).Replace(Topologies.Key(2), Topologies.Key(1), StringComparison.Ordinal)));

        Assert.Equal(("DuplicatePublicKey", 8), (error.Id, error.Line));
        Assert.Contains("'b' (line 6)", error.Message, StringComparison.Ordinal);
        Assert.Contains("'a' (line 2)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.2/24", "10.0.0.1/24", "SharedAllowedIP", "'b' (line 6) and 'a' (line 2) both have 10.0.0.1/32 (line 3)")]
    [InlineData("10.0.0.2/24", "10.0.0.2/24\n    networks: 10.0.0.1/32", "SharedAllowedIP", "both have 10.0.0.1/32")]
    public void An_address_of_two_hosts_is_an_error_that_names_both(string from, string to, string id, string message)
    {
        var error = Assert.Single(Errors(Topologies.Hosts("a b", more: Mesh).Replace(from, to, StringComparison.Ordinal)));

        Assert.Equal(id, error.Id);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_inside_another_hosts_is_a_warning_that_names_both()
    {
        var found = Topologies.Read(Topologies.Hosts("a b", more: Mesh)
            .Replace("  a:\n", "  a:\n    networks: [172.16.0.0/12, 0.0.0.0/0, fd00::/8]\n", StringComparison.Ordinal)
            .Replace("  b:\n", "  b:\n    networks: 172.20.0.0/16\n", StringComparison.Ordinal)).Diagnostics;

        var warning = Assert.Single(found);
        Assert.Equal((ConfigSeverity.Warning, "OverlappingAllowedIPs", 8), (warning.Severity, warning.Id, warning.Line));
        Assert.Contains("172.16.0.0/12 (line 3) of 'a' (line 2)", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_linked_and_knows_not_where_the_other_is_is_told_both()
    {
        var error = Assert.Single(Errors(Topologies.Hosts("a b c", "a c", Mesh)));

        Assert.Equal(("MissingEndpoint", 13), (error.Id, error.Line));
        Assert.Contains("'a' (line 2) and 'c' (line 9)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_needs_networks()
    {
        var errors = Errors(Topologies.Hosts("a b", more: "links:\n- kind: site-to-site\n")).ToList();

        Assert.Equal(["NoNetworks", "NoNetworks"], errors.Select(e => e.Id));
    }

    [Fact]
    public void Links_that_are_there_already_and_hosts_without_any_are_warned_of()
    {
        var found = Topologies.Read(Topologies.Hosts("a b c", more: "links:\n- {kind: full-mesh, hosts: [a, b]}\n- {kind: hub-and-spoke, hub: b, spokes: [a]}\n")).Diagnostics;

        Assert.Equal(["NotLinked:10", "LinkedTwice:16"], found.Select(d => $"{d.Id}:{d.Line}"));
        Assert.All(found, d => Assert.Equal(ConfigSeverity.Warning, d.Severity));
        Assert.Contains("(line 15)", found[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hub_is_no_spoke_of_its_own() =>
        Assert.Equal("HubAsSpoke", Errors(Topologies.Hosts("a b", more: "links:\n- {kind: hub-and-spoke, hub: a, spokes: [a, b]}\n")).Single().Id);

    [Fact]
    public void Every_error_is_found_in_one_pass() => Assert.Equal(
        ["InvalidName", "MissingKey", "UnknownKey", "InvalidEndpoint", "InvalidValue"],
        Errors("hosts:\n  a/b: {}\n  c: {address: 10.0.0.1, x: 1, endpoint: y}\nlinks:\n- kind: ring\n").Select(e => e.Id));

    [Fact]
    public void A_tunnel_alone_is_what_its_file_would_say()
    {
        var (file, found) = Topologies.Read($"""
            tunnel:
              name: wg7
              address: [10.0.0.1/24, "fd00::1/64"]
              listenPort: 51820
              fwMark: 0x33
              dns: [10.0.0.53, example.org]
              mtu: 1380
              table: off
              peers:
                the server:
                  publicKey: {Topologies.Key(5)}
                  allowedIPs: [10.0.0.0/24, "::/0"]
                  endpoint: "[2001:db8::1]:51820"
                  persistentKeepalive: 25
            """);

        Assert.Empty(found);
        Assert.Equal("wg7", file.Tunnel!.Name.Value);
        Assert.Equal($"""
            [Interface]
            ListenPort = 51820
            FwMark = 0x33
            Address = 10.0.0.1/24, fd00::1/64
            DNS = 10.0.0.53, example.org
            MTU = 1380
            Table = off

            # Name = the server
            [Peer]
            PublicKey = {Topologies.Key(5)}
            AllowedIPs = 10.0.0.0/24, ::/0
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = 25

            """, ConfigWriter.Write(file.Tunnel.Config, ConfigWriteOptions.None), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Peers_of_a_tunnel_share_no_key_and_no_prefix()
    {
        var found = Topologies.Read($"tunnel:\n  name: wg0\n  peers:\n    a: {{publicKey: {Topologies.Key(1)}, allowedIPs: 10.0.0.0/8}}\n    b: {{publicKey: {Topologies.Key(1)}, allowedIPs: 10.0.0.0/8}}\n").Diagnostics;

        Assert.Equal(["DuplicatePeer", "SharedAllowedIP"], found.Select(d => d.Id));
        Assert.All(found, d => Assert.Contains("line 4", d.Message, StringComparison.Ordinal));
    }

    private static IEnumerable<ConfigDiagnostic> Errors(string text) => Topologies.Read(text).Diagnostics.Where(d => d.Severity == ConfigSeverity.Error);
}
