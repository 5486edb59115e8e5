using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

/// <summary>What a configuration makes of a tunnel that runs, the host being one in memory.</summary>
public sealed class SyncTests : IDisposable
{
    private const string Own = "4Jj2vzKDVPWbFkKgIdsVGWUmQX8WqKWYwMZzlpWjdFE=";
    private static readonly string One = Keys.Numbered(1).ToString();
    private static readonly string Two = Keys.Numbered(2).ToString();

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-sync-");
    private readonly MemoryPlatform _platform = new();
    private readonly TunnelHost _host;

    private static readonly string s_start = $"""
        [Interface]
        PrivateKey = {Own}
        ListenPort = 51820
        Address = 10.0.0.1/24
        MTU = 1400

        # Name = laptop
        [Peer]
        PublicKey = {One}
        AllowedIPs = 10.0.0.2/32, 10.2.0.0/16
        Endpoint = 192.0.2.7:51820
        PersistentKeepalive = 25

        """;

    public SyncTests()
    {
        using var config = Parse(s_start);
        _host = TunnelHost.Start(
            new TunnelHostOptions
            {
                Name = "wgsync0",
                Config = config,
                Log = new CapturingLog(),
                UapiDirectory = Path.Combine(_directory.FullName, "uapi"),
                ControlDirectory = Path.Combine(_directory.FullName, "control"),
            },
            _platform,
            TransportAeadFactory.Best,
            default);
        _platform.Calls.Clear();
    }

    public void Dispose()
    {
        _host.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(SyncModes.Sync)]
    [InlineData(SyncModes.Append)]
    public void The_file_that_it_was_started_from_changes_nothing(string mode)
    {
        Assert.Empty(Sync(s_start, mode));
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.7:51820", "10.0.0.2/32 10.2.0.0/16")], Peers());
    }

    [Fact]
    public void What_the_file_leaves_out_goes_but_key_and_port()
    {
        var before = Snapshot(d => (d.PublicKey, d.ListenPort));
        Assert.Equal(
            ["removed Address 10.0.0.1/24>", "changed Mtu 1400>1420", "removed Peer 1 *>", "removed AllowedIP 1 10.0.0.2/32>", "removed AllowedIP 1 10.2.0.0/16>"],
            Sync("[Interface]\n").Where(c => c.Property != "FwMark").Select(Text));
        Assert.Equal(before, Snapshot(d => (d.PublicKey, d.ListenPort)));
        Assert.Empty(Peers());
        Assert.Empty(_host.Addresses);
    }

    [Fact]
    public void Every_property_is_told_of_and_keys_are_not()
    {
        var other = SecretKey.RandomPrivateKey();
        var changes = Sync(s_start
            .Replace(Own, other.ToBase64())
            .Replace("51820\nAddress = 10.0.0.1/24", "51821\nFwMark = 0x77\nDNS = 10.0.0.53, corp.example\nAddress = 10.0.0.9/24")
            .Replace("MTU = 1400", "MTU = 1380")
            .Replace("laptop", "desktop")
            .Replace("192.0.2.7:51820", "192.0.2.8:51820")
            .Replace("PersistentKeepalive = 25", $"PresharedKey = {other.ToBase64()}"));
        Assert.Equal(
            [
                "changed PrivateKey >", "changed ListenPort 51820>51821", "changed FwMark off>0x77", "removed Address 10.0.0.1/24>", "added Address >10.0.0.9/24",
                "added Dns >10.0.0.53", "added Dns >corp.example", "changed Mtu 1400>1380",
                "changed Name 1 laptop>desktop", "added PresharedKey 1 >", "changed Endpoint 1 192.0.2.7:51820>192.0.2.8:51820", "removed PersistentKeepalive 1 25>",
            ],
            changes.Select(Text));
        Assert.DoesNotContain(changes, c => c.ToString().Contains(other.ToBase64(), StringComparison.Ordinal));
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.8:51820", "10.0.0.2/32 10.2.0.0/16")], Peers());
        Assert.Equal(["10.0.0.9/24"], _host.Addresses);
    }

    [Fact]
    public void A_dry_run_tells_the_same_and_does_nothing()
    {
        var text = s_start.Replace("51820\nAddress = 10.0.0.1/24", "51821\nAddress = fd00::1/64") + Peer(Two, "10.2.0.0/16");
        var foreseen = Sync(text, dryRun: true);
        Assert.Empty(_platform.Calls);
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.7:51820", "10.0.0.2/32 10.2.0.0/16")], Peers());
        Assert.Equal(foreseen.Select(Text), Sync(text).Select(Text));
        Assert.Empty(Sync(text));
    }

    [Fact]
    public void A_prefix_moves_from_one_peer_to_another()
    {
        var text = s_start.Replace(", 10.2.0.0/16", "") + Peer(Two, "10.2.0.0/16");
        Assert.Equal(["removed AllowedIP 1 10.2.0.0/16>", "added Peer 2 >*", "added AllowedIP 2 >10.2.0.0/16"], Sync(text).Select(Text));
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.7:51820", "10.0.0.2/32"), Line(Keys.Numbered(2), "", "10.2.0.0/16")], Peers());
    }

    [Fact]
    public void A_peer_that_roamed_stays_where_it_is_until_its_endpoint_is_written_differently()
    {
        // As a datagram from elsewhere would: past the sockets of clients.
        using (var roamed = new DeviceChange { Peers = [new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = IPEndPoint.Parse("198.51.100.9:4000") }] })
            Device.Apply(roamed);
        Assert.Empty(Sync(s_start));
        Assert.Equal(["changed Endpoint 1 198.51.100.9:4000>192.0.2.9:51820"], Sync(s_start.Replace("192.0.2.7", "192.0.2.9")).Select(Text));
    }

    [Fact]
    public void An_endpoint_that_a_client_has_set_is_brought_back()
    {
        Assert.Equal("errno=0\n\n", Uapi.Ask(_directory, "wgsync0", $"set=1\npublic_key={Convert.ToHexStringLower(Keys.Numbered(1).Span)}\nendpoint=198.51.100.9:4000\n\n"));
        Assert.Equal(["changed Endpoint 1 198.51.100.9:4000>192.0.2.7:51820"], Sync(s_start).Select(Text));
    }

    [Fact]
    public void Appending_takes_nothing_away()
    {
        Assert.Equal(
            ["added Address >10.5.0.1/24", "changed PersistentKeepalive 1 25>5", "added AllowedIP 1 >10.3.0.0/16", "added Peer 2 >*", "added AllowedIP 2 >10.4.0.0/16"],
            Sync($"[Interface]\nAddress = 10.5.0.1/24\n{Peer(One, "10.3.0.0/16", "PersistentKeepalive = 5")}{Peer(Two, "10.4.0.0/16")}", SyncModes.Append).Select(Text));
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.7:51820", "10.0.0.2/32 10.2.0.0/16 10.3.0.0/16"), Line(Keys.Numbered(2), "", "10.4.0.0/16")], Peers());
        Assert.Equal("laptop", Snapshot(d => d.Peers[0].Name));
    }

    [Fact]
    public void Replacing_begins_every_peer_anew()
    {
        var events = new List<DeviceEventKind>();
        Device.EventRaised += e => events.Add(e.Kind);
        Assert.Equal(
            ["removed Peer 1 *>", "removed AllowedIP 1 10.0.0.2/32>", "removed AllowedIP 1 10.2.0.0/16>", "added Peer 1 >*", "added Name 1 >laptop",
                "added Endpoint 1 >192.0.2.7:51820", "added PersistentKeepalive 1 >25", "added AllowedIP 1 >10.0.0.2/32", "added AllowedIP 1 >10.2.0.0/16"],
            Sync(s_start, SyncModes.Replace).Select(Text));
        Assert.Equal([DeviceEventKind.PeerRemoved, DeviceEventKind.PeerAdded], events);
    }

    [Fact]
    public void A_peer_that_stays_is_not_touched()
    {
        var events = new List<DeviceEventKind>();
        Device.EventRaised += e => events.Add(e.Kind);
        Sync(s_start.Replace("10.2.0.0/16", "10.3.0.0/16") + Peer(Two, "10.4.0.0/16"));
        Assert.Equal([DeviceEventKind.PeerAdded], events);
    }

    [Fact]
    public void What_the_host_refuses_changes_nothing_of_the_device()
    {
        _platform.RouteFailure = new HostNetworkException("adding route 10.4.0.0/16 to wgsync0", "File exists");
        var key = Snapshot(d => d.PublicKey);
        var failure = Assert.Throws<ControlException>(() => Sync(
            s_start.Replace(Own, SecretKey.RandomPrivateKey().ToBase64()).Replace("51820\nAddress", "51821\nAddress").Replace("laptop", "desktop").Replace("10.0.0.2/32, ", "") + Peer(Two, "10.2.0.0/16")));
        Assert.Equal((ControlErrorCode.HostNetworkFailed, "Nothing was changed: adding route 10.4.0.0/16 to wgsync0: File exists"), (failure.Code, failure.Message));
        Assert.Equal([Line(Keys.Numbered(1), "192.0.2.7:51820", "10.0.0.2/32 10.2.0.0/16")], Peers());
        Assert.Equal((key, 51820, "laptop"), Snapshot(d => (d.PublicKey, (int)d.ListenPort, d.Peers[0].Name)));
        _platform.RouteFailure = null;
        Assert.Empty(Sync(s_start));
    }

    [Fact]
    public void When_the_old_port_is_lost_meanwhile_all_else_is_taken_back_and_that_is_said()
    {
        var before = Peers();
        _platform.OnChange = () => _platform.Occupy(51820);
        _platform.RouteFailure = new HostNetworkException("adding route 10.3.0.0/16 to wgsync0", "File exists");
        var failure = Assert.Throws<ControlException>(() => Sync(s_start.Replace("51820\nAddress", "4000\nAddress").Replace("10.2.0.0/16", "10.3.0.0/16") + Peer(Two, "10.9.0.0/16")));
        Assert.Equal(
            (ControlErrorCode.HostNetworkFailed, "adding route 10.3.0.0/16 to wgsync0: File exists. All was taken back but one thing: the port stays 4000. UDP port 51820 cannot be bound: another program uses it."),
            (failure.Code, failure.Message));
        Assert.Equal(before, Peers());
        Assert.Equal(4000, Snapshot(d => d.ListenPort));
    }

    [Fact]
    public void A_port_that_is_taken_changes_nothing()
    {
        _platform.Occupy(51999);
        Assert.Equal(DeviceChangeError.AddressInUse, Assert.Throws<DeviceChangeException>(() => Sync(s_start.Replace("51820\nAddress = 10.0.0.1/24", "51999\nAddress = 10.0.0.9/24"))).Error);
        Assert.Empty(_platform.Calls);
        Assert.Empty(Sync(s_start));
    }

    [Fact]
    public void The_tunnels_own_key_is_no_peer()
    {
        var own = Snapshot(d => d.PublicKey).ToString()!;
        Assert.Equal("peers[1].publicKey", Assert.Throws<ControlException>(() => Sync(s_start + Peer(own, "10.4.0.0/16"))).Member);
    }

    [Fact]
    public void Set_changes_what_is_there_alone()
    {
        var wish = new TunnelWish { Mode = SyncMode.Set, Mtu = 1300, Addresses = [new InterfaceAddress(IPAddress.Parse("10.0.0.1"), 24), new InterfaceAddress(IPAddress.Parse("fd00::1"), 64)] };
        Assert.Equal(["added Address >fd00::1/64", "changed Mtu 1400>1300"], _host.Sync(wish, dryRun: false).Select(Text));
        Assert.Equal(["change 10.0.0.1/24 fd00::1/64 mtu 1300 routes 10.0.0.2/32 10.2.0.0/16"], _platform.Calls);
    }

    [Fact]
    public void A_mark_that_wg_sets_goes_to_the_host_and_is_the_present_one_from_then_on()
    {
        Assert.Equal("errno=0\n\n", Uapi.Ask(_directory, "wgsync0", "set=1\nfwmark=7\nlisten_port=51822\n\n"));
        Assert.Equal(["mark 7"], _platform.Calls);
        Assert.Equal((7u, 51822), Snapshot(d => (d.FwMark, (int)d.ListenPort)));
        Assert.Equal(["changed ListenPort 51822>51820", "changed FwMark 0x7>off"], Sync(s_start).Select(Text));
    }

    private IDeviceControl Device => _host.Device;

    private IReadOnlyList<TunnelDifference> Sync(string text, string mode = SyncModes.Sync, bool dryRun = false)
    {
        using var config = Parse(text);
        using var request = SyncRequests.From(config, mode, dryRun);
        return _host.Sync(SyncRequestReader.Read(request), dryRun);
    }

    private static TunnelConfig Parse(string text) => ConfigParser.Parse(text).Config ?? throw new FormatException(string.Join('\n', ConfigParser.Parse(text).Diagnostics));

    private static string Peer(string key, string prefixes, string extra = "") => $"\n[Peer]\nPublicKey = {key}\nAllowedIPs = {prefixes}\n{extra}\n";

    [Fact]
    public void What_was_said_of_the_host_is_told_and_what_was_found_is_not()
    {
        Assert.Equal((1400, null, null), (_host.ConfiguredMtu, _host.Dns, _host.Table));
        _host.Sync(new TunnelWish { Mode = SyncMode.Set, Mtu = 0, DnsServers = [IPAddress.Parse("10.0.0.53")], DnsSearchDomains = ["lab.example"] }, dryRun: false);
        Assert.Null(_host.ConfiguredMtu);
        Assert.Equal(["10.0.0.53", "lab.example"], _host.Dns!);
    }

    /// <summary>Peers by their numbers; their keys, where they are told as values, as a star.</summary>
    private static string Text(TunnelDifference change)
    {
        var peer = change.Peer is null ? "" : change.Peer == One ? "1 " : "2 ";
        return $"{change.Kind} {change.Property} {peer}{(change.Property == "Peer" && change.From is not null ? "*" : change.From)}>{(change.Property == "Peer" && change.To is not null ? "*" : change.To)}";
    }

    private static string Line(PublicKey key, string endpoint, string prefixes) => $"{key} {endpoint} {prefixes}";

    private List<string> Peers() => Snapshot(d => d.Peers.Select(p => Line(p.PublicKey, $"{p.Endpoint}", string.Join(' ', p.AllowedIPs.Select(a => a.ToString()).Order(StringComparer.Ordinal)))).ToList());

    private T Snapshot<T>(Func<DeviceSnapshot, T> take)
    {
        using var snapshot = Device.Snapshot();
        return take(snapshot);
    }
}
