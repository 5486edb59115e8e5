using System.Net;
using System.Reflection;
using WireGuard.Api;
using WireGuard.Diagnosis;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests.Diagnosis;

public sealed class FindingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly PeerInfo Well = new()
    {
        PublicKey = Keys.Peer,
        Name = "laptop",
        Endpoint = "192.0.2.7:51820",
        LastHandshake = Now.AddSeconds(-60),
        RxBytes = 1000,
        TxBytes = 1000,
    };

    private static readonly TunnelInfo Fine = new() { Name = "wg0", Backend = "userspace", PublicKey = Keys.PrivatesPublic, IsUp = true, Mtu = 1420, StartedAt = Now.AddHours(-1), Peers = [Well] };

    private static readonly PeerInfo Never = Well with { LastHandshake = null, RxBytes = 0, TxBytes = 0 };

    private static readonly PeerInfo Gone = Well with { LastHandshake = Now.AddHours(-1) };

    [Fact]
    public void Nothing_is_found_where_nothing_is_wrong() => Assert.Empty(TunnelFindings.Of(Fine, Now));

    public static TheoryData<string, string, TunnelInfo> Tunnels => new()
    {
        { FindingIds.LinkDown, FindingIds.Error, Fine with { IsUp = false } },
        { FindingIds.NoPrivateKey, FindingIds.Error, Fine with { PublicKey = null } },
        { FindingIds.NoPeer, FindingIds.Warning, Fine with { Peers = [] } },
        { FindingIds.Clock, FindingIds.Warning, Fine with { StartedAt = Now.AddMinutes(1) } },
        { FindingIds.Clock, FindingIds.Warning, Fine with { Peers = [Well with { LastHandshake = Now.AddMinutes(1) }] } },
        { FindingIds.WrongPublicKey, FindingIds.Warning, Fine with { ForeignMessages = 2 } },
        { FindingIds.UnknownPeer, FindingIds.Warning, Fine with { UnknownInitiations = 1 } },
    };

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void What_is_wrong_with_a_tunnel_is_found(string id, string severity, TunnelInfo tunnel)
    {
        var finding = Assert.Single(TunnelFindings.Of(tunnel, Now));

        Assert.Equal((id, severity, "wg0", "wg0"), (finding.Id, finding.Severity, finding.Tunnel, finding.Target));
        Assert.True(finding.Message.Length > 10 && finding.RecommendedAction.Length > 10);
    }

    public static TheoryData<string, string, PeerInfo> Peers => new()
    {
        { FindingIds.NoReply, FindingIds.Error, Never with { UnansweredHandshakes = 3, TxBytes = 444 } },
        { FindingIds.NoReply, FindingIds.Error, Never with { UnansweredHandshakes = 0, TxBytes = 4 * 148 } },
        { FindingIds.NoReply, FindingIds.Warning, Never with { UnansweredHandshakes = 0, TxBytes = 148 } },
        { FindingIds.NoReply, FindingIds.Error, Gone with { UnansweredHandshakes = 3 } },
        { FindingIds.OtherPresharedKey, FindingIds.Error, Never with { RefusedResponses = 1, UnansweredHandshakes = 3 } },
        { FindingIds.NoEndpoint, FindingIds.Warning, Never with { Endpoint = null } },
        { FindingIds.NotSpokenTo, FindingIds.Warning, Never },
    };

    [Theory]
    [InlineData(FakeBehavior.Starting)]
    [InlineData(FakeBehavior.StartingWithoutDevice)]
    public async Task A_tunnel_that_is_starting_is_told_that_and_nothing_else(FakeBehavior behavior)
    {
        using var directory = new TestDirectory();
        directory.Serve("wg0", behavior);

        var finding = Assert.Single(await TunnelExamination.ExamineAsync(directory.Tunnels, "wg0", CancellationToken.None));
        Assert.Equal((FindingIds.Starting, FindingIds.Error), (finding.Id, finding.Severity));
        Assert.Contains("log", finding.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public void What_is_wrong_with_a_peer_is_found(string id, string severity, PeerInfo peer)
    {
        var finding = Assert.Single(Of(peer, new PeerPath()));

        Assert.Equal((id, severity, Keys.Peer, "laptop"), (finding.Id, finding.Severity, finding.Peer, finding.Target));
        Assert.True(finding.Message.Length > 10 && finding.RecommendedAction.Length > 10);
    }

    [Fact]
    public void Who_is_well_or_quiet_is_not_found_fault_with()
    {
        Assert.Empty(Of(Well, new PeerPath()));
        Assert.Empty(Of(Well with { UnansweredHandshakes = 3, RefusedResponses = 1 }, new PeerPath()));
        Assert.Empty(Of(Gone, new PeerPath()));
    }

    [Fact]
    public void A_name_that_leads_elsewhere_is_found_of_a_peer_that_is_silent()
    {
        var path = new PeerPath("vpn.example", [IPAddress.Parse("192.0.2.8")]);

        var finding = Assert.Single(Of(Gone, path));
        Assert.Equal(FindingIds.StaleName, finding.Id);
        Assert.Contains("192.0.2.8", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Of(Well, path));
        Assert.Empty(Of(Gone, path with { Addresses = [IPAddress.Parse("192.0.2.7")] }));
        Assert.Empty(Of(Gone, path with { Addresses = null }));
    }

    [Theory]
    [InlineData("192.0.2.7:51820", 1500, null)]
    [InlineData("192.0.2.7:51820", 1480, null)]
    [InlineData("192.0.2.7:51820", 1479, 1419)]
    [InlineData("[2001:db8::7]:51820", 1500, null)]
    [InlineData("[2001:db8::7]:51820", 1499, 1419)]
    public void What_does_not_fit_through_is_found(string endpoint, int fits, int? most)
    {
        var found = Of(Well with { Endpoint = endpoint }, new PeerPath(PathMtu: fits)).SingleOrDefault();

        Assert.Equal(most is null ? null : FindingIds.MtuTooLarge, found?.Id);
        Assert.EndsWith(most is null ? "" : $"-Mtu {most}", found?.RecommendedAction ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void The_help_of_the_cmdlet_lists_every_id()
    {
        var ids = typeof(FindingIds).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Select(f => f.Name).Where(n => n is not (FindingIds.Error or FindingIds.Warning));
        var help = File.ReadAllText(TestPaths.Help);

        Assert.All(ids, id => Assert.Matches($@"\b{id}\b", help));
    }

    private static IEnumerable<WgFinding> Of(PeerInfo peer, PeerPath path) => PeerFindings.Of(Fine, peer, path, Now);
}
