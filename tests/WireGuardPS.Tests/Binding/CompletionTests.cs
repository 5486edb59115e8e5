using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests.Binding;

public sealed class CompletionTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private CompletionSource Source => Within(TimeSpan.FromSeconds(60));

    private CompletionSource Within(TimeSpan budget) => new(_directory.Tunnels, _directory.Path, budget);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Offers_running_tunnels_only()
    {
        _directory.Serve("wg0");
        _directory.LeaveBehind("stale");

        Assert.Equal(["wg0"], Source.Tunnels().Select(c => c.Value));
    }

    [Fact]
    public void Offers_the_configurations_that_can_be_tunnels()
    {
        _directory.Write("wg1.conf", "");
        _directory.Write("wg0.conf", "");
        _directory.Write("a name with blanks.conf", "");
        _directory.Write("wg2.txt", "");

        Assert.Equal(["wg0", "wg1"], Source.Configurations().Select(c => c.Value));
    }

    [Fact]
    public void Offers_the_hosts_of_a_topology_as_far_as_it_can_be_read()
    {
        var hosts = _directory.Write("site.yaml", "hosts:\n  berlin: {address: 10.0.0.1/24}\n  anna: {address: 10.0.0.2/24}\nlinks: []\n");
        var broken = _directory.Write("broken.yaml", "hosts: [\n");

        Assert.Equal(["berlin", "anna"], Source.TopologyHosts(hosts).Select(c => c.Value));
        Assert.Empty(Source.TopologyHosts(broken));
        Assert.Empty(Source.TopologyHosts("/nonexistent/site.yaml"));
    }

    [Fact]
    public void Offers_network_namespaces_and_groups()
    {
        _directory.Write("box", "");
        _directory.Write("attic", "");
        var groups = new TestDirectory();
        try
        {
            var file = groups.Write("group", "wheel:x:10:ann\nnet ops:x:4711:\n# nobody\n+\n\nadm:x:4:\n");
            var source = new CompletionSource(_directory.Tunnels, "/nonexistent", TimeSpan.FromSeconds(60), _directory.Path, file);
            Assert.Equal(["attic", "box"], source.Namespaces().Select(c => c.Value));
            Assert.Equal(["adm", "net ops", "wheel"], source.Groups().Select(c => c.Value));
        }
        finally
        {
            groups.Dispose();
        }
    }

    [Fact]
    public void Offers_peers_by_key_and_by_name()
    {
        _directory.Serve("wg0", peers: [new PeerInfo { PublicKey = Keys.Peer, Name = "laptop" }, new PeerInfo { PublicKey = Keys.OtherPeer }]);

        Assert.Equal([Keys.Peer, Keys.OtherPeer], Source.PeerKeys("wg0").Select(c => c.Value));
        Assert.Equal(["laptop"], Source.PeerNames(null).Select(c => c.Value));
    }

    [Theory]
    [InlineData("*", "`*")]
    [InlineData("a[b]?", "a`[b`]`?")]
    [InlineData("tick`", "tick``")]
    public void Offers_a_name_as_a_wildcard_that_matches_no_other(string name, string expected)
    {
        _directory.Serve("wg0", peers: [new PeerInfo { PublicKey = Keys.Peer, Name = name }]);
        Assert.Equal([new Candidate(expected, name)], Source.PeerNames("wg0"));
    }

    [Theory]
    [InlineData(FakeBehavior.Hung)]
    [InlineData(FakeBehavior.HungAfterGreeting)]
    [InlineData(FakeBehavior.RubbishGreeting)]
    [InlineData(FakeBehavior.RubbishAnswer)]
    [InlineData(FakeBehavior.OtherVersion)]
    [InlineData(FakeBehavior.CloseAtOnce)]
    public void One_bad_engine_costs_neither_an_exception_nor_the_others(FakeBehavior behavior)
    {
        _directory.Serve("bad", behavior);

        Assert.Empty(Within(TimeSpan.FromMilliseconds(200)).PeerKeys("bad"));
        Assert.Equal(["bad"], Source.Tunnels().Select(c => c.Value));
    }

    [Fact]
    public void Nothing_there_is_nothing_offered()
    {
        var nowhere = new CompletionSource(new TunnelDirectory("/nonexistent"), "/nonexistent", TimeSpan.FromSeconds(60), "/nonexistent", "/nonexistent");

        Assert.Empty(nowhere.Tunnels());
        Assert.Empty(nowhere.Namespaces());
        Assert.Empty(nowhere.Groups());
        Assert.Empty(nowhere.Configurations());
        Assert.Empty(nowhere.PeerKeys("wg0"));
        Assert.Empty(nowhere.PeerNames("../etc/passwd"));
    }

    [Fact]
    public void The_budget_is_what_a_person_does_not_notice() => Assert.InRange(CompletionSource.Budget.TotalMilliseconds, 1, 200);

    [Fact]
    public void Matches_value_or_label_whatever_the_quotes()
    {
        Candidate[] all = [new(Keys.Peer, "laptop (xTIBA5rb…)"), new(Keys.OtherPeer, "phone (TrMvSoP4…)")];

        Assert.Equal([Keys.Peer], Completer.Matching(all, "'xTI").Select(c => c.Value));
        Assert.Equal([Keys.OtherPeer], Completer.Matching(all, "PHO").Select(c => c.Value));
        Assert.Equal(2, Completer.Matching(all, null).Count());
    }

    [Theory]
    [InlineData("wg0", "wg0")]
    [InlineData(Keys.Peer, "'" + Keys.Peer + "'")]
    [InlineData("it's mine", "'it''s mine'")]
    [InlineData("$(Stop-Computer)", "'$(Stop-Computer)'")]
    [InlineData("-x", "'-x'")]
    [InlineData("", "''")]
    public void Quotes_what_needs_it(string value, string quoted) => Assert.Equal(quoted, Completer.Quote(value));

    /// <summary>PowerShell ends a string at typographic quotes, too.</summary>
    [Theory]
    [InlineData("x\u2018; Write-Host owned #", "'x\u2018\u2018; Write-Host owned #'")]
    [InlineData("x\u2019; Write-Host owned #", "'x\u2019\u2019; Write-Host owned #'")]
    [InlineData("x\u201a; Write-Host owned #", "'x\u201a\u201a; Write-Host owned #'")]
    [InlineData("x\u201b; Write-Host owned #", "'x\u201b\u201b; Write-Host owned #'")]
    [InlineData("\u2013Force", "'\u2013Force'")]
    public void A_name_is_one_word_whatever_is_in_it(string value, string quoted) => Assert.Equal(quoted, Completer.Quote(value));
}
