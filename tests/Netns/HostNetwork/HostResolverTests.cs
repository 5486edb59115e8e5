using System.Net;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Name servers of a tunnel: who is told, in which words, and that it is taken back.</summary>
public sealed class HostResolverTests : IDisposable
{
    private static readonly IPAddress[] Servers = [IPAddress.Parse("10.0.0.53"), IPAddress.Parse("fd00::53")];

    private readonly ResolverPrograms _programs = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("wgt-");
    private readonly RouteNetlink _netlink = new();
    private readonly HostChanges _changes;

    public HostResolverTests() => _changes = new HostChanges(_netlink, HostJournal.Open(_state.FullName, "wg0"), EngineLog.None);

    public void Dispose()
    {
        _netlink.Dispose();
        _state.Delete(recursive: true);
        _programs.Dispose();
    }

    [RootFact]
    public void Systemd_resolved_is_asked_first_and_gets_every_name()
    {
        _programs.AddResolvectl();
        _programs.AddResolvconf();
        var resolver = Create();
        resolver.Set("wg0", Servers, ["corp.example", "example.net"]);
        Assert.Equal(["dns wg0 10.0.0.53 fd00::53", "domain wg0 corp.example example.net ~."], _programs.Calls);
        Assert.Empty(_programs.Records);
        resolver.Undo();
        Assert.Equal("revert wg0", _programs.Calls[^1]);
        resolver.Undo();
        Assert.Equal(3, _programs.Calls.Length);
    }

    [RootFact]
    public void The_program_sees_the_path_and_nothing_else_of_the_engines_environment()
    {
        _programs.AddResolvectl();
        Create().Set("wg0", Servers, []);
        Assert.Equal(["LC_ALL=C", $"PATH={_programs.OwnPath}"], _programs.Environment);
    }

    [RootFact]
    public void Search_domains_alone_leave_the_other_names_to_the_host()
    {
        _programs.AddResolvectl();
        Create().Set("wg0", [], ["corp.example"]);
        Assert.Equal(["domain wg0 corp.example"], _programs.Calls);
    }

    [RootFact]
    public void What_resolved_refuses_is_told_in_its_words_and_taken_back()
    {
        _programs.AddResolvectl(refuses: "domain");
        var refused = Assert.Throws<HostNetworkException>(() => Create().Set("wg0", Servers, []));
        Assert.Matches("^setting the name servers of wg0: .*/resolvectl ended with 3: Failed to do domain: no such thing$", refused.Message);
        Assert.Equal("revert wg0", _programs.Calls[^1]);
    }

    [RootFact]
    public void Resolvconf_keeps_a_record_that_is_written_down_while_it_lasts()
    {
        _programs.AddResolvectl();
        _programs.AddResolvconf();
        var resolver = Create(resolved: "/nonexistent");
        resolver.Set("wg0", Servers, ["corp.example"]);
        Assert.Equal("nameserver 10.0.0.53\nnameserver fd00::53\nsearch corp.example\n", _programs.Records["wg0"]);
        Assert.Empty(_programs.Calls);
        Assert.Contains("resolvconf wg0\n", File.ReadAllText(Assert.Single(_state.GetFiles("*.undo")).FullName));
        resolver.Undo();
        Assert.Empty(_programs.Records);
        Assert.Empty(_state.GetFiles());
    }

    [RootFact]
    public void What_resolvconf_refuses_leaves_neither_record_nor_line()
    {
        _programs.AddResolvconf(exitCode: 7);
        var refused = Assert.Throws<HostNetworkException>(() => Create(resolved: "/nonexistent").Set("wg0", Servers, []));
        Assert.EndsWith("ended with 7: busy", refused.Message);
        Assert.Empty(_programs.Records);
        Assert.Empty(_state.GetFiles());
    }

    [RootFact]
    public void Debians_resolvconf_knows_tunnels_by_the_beginning_of_their_names()
    {
        _programs.AddResolvconf();
        var order = _programs.WriteOrder("# a comment", "lo.inet*", "lo", "tun*", "tap*");
        var resolver = new HostResolver(_changes, _programs.OwnPath, "/nonexistent", order);
        resolver.Set("wg0", Servers, []);
        Assert.Equal(["tun.wg0"], _programs.Records.Keys);
        resolver.Undo();
        Assert.Empty(_programs.Records);
    }

    [RootFact]
    public void Without_either_the_start_is_refused_with_what_to_do()
    {
        var refused = Assert.Throws<HostNetworkException>(() => Create().Set("wg0", Servers, []));
        Assert.Equal("setting the name servers of wg0: neither systemd-resolved (resolvectl) nor resolvconf is here; install one (Debian: openresolv), or leave the DNS line out and see to name servers yourself", refused.Message);
    }

    [RootFact]
    public void A_tunnel_whose_name_looks_like_an_option_has_no_name_servers()
    {
        _programs.AddResolvectl();
        Assert.Throws<HostNetworkException>(() => Create().Set("-x", Servers, []));
        Assert.Empty(_programs.Calls);
    }

    [Theory]
    [InlineData("resolvconf -x", false)]
    [InlineData("resolvconf ../etc", false)]
    [InlineData("resolvconf a b", false)]
    [InlineData("resolvconf ", false)]
    [InlineData("resolvconf tun.wg0", true)]
    public void A_line_of_the_journal_that_could_be_an_option_or_a_path_is_none(string line, bool isOne) => Assert.Equal(isOne, HostChange.Parse(line) is ResolverRecord);

    [InteropFact]
    public void A_killed_engines_record_goes_with_the_next_start_and_the_last_ones_with_its_end()
    {
        _programs.AddResolvconf();
        using var files = new PrivateDirectory();
        using var host = Host.Alone(1);
        var config = files.Write(host.Interface + ".conf", $"[Interface]\nPrivateKey = {host.Keys.PrivateKey}\nAddress = 10.0.0.1/24\nDNS = 10.0.0.53, corp.example\n");
        Up();
        var first = Assert.Single(_programs.Records);
        Assert.Equal("nameserver 10.0.0.53\nsearch corp.example\n", first.Value);
        foreach (var id in host.Namespace.Run("ip", "netns", "pids", host.Namespace.Name).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Signals.Send(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture), Signals.Kill);
        Eventually.True(() => host.Namespace.IpJson("link", "show").All(link => link.GetProperty("ifname").GetString() != host.Interface), "the interface is gone");
        Assert.Single(_programs.Records);

        files.Write(host.Interface + ".conf", $"[Interface]\nPrivateKey = {host.Keys.PrivateKey}\nAddress = 10.0.0.1/24\n");
        Up();
        Assert.Empty(_programs.Records);
        host.Engine("down", host.Interface);
        host.AssertNothingLeft();

        files.Write(host.Interface + ".conf", $"[Interface]\nPrivateKey = {host.Keys.PrivateKey}\nAddress = 10.0.0.1/24\nDNS = 10.0.0.54\n");
        Up();
        Assert.Equal("nameserver 10.0.0.54\n", Assert.Single(_programs.Records).Value);
        host.Engine("down", host.Interface);
        Assert.Empty(_programs.Records);
        host.AssertNothingLeft();

        void Up() => host.Namespace.Run("env", $"PATH={_programs.SearchPath}", InteropRequirement.Engine!, "up", config);
    }

    private HostResolver Create(string? resolved = null) => new(_changes, _programs.OwnPath, resolved ?? _programs.Resolved, "/nonexistent");
}
