using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Control;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

/// <summary>What saving makes of a tunnel's file, the host being one in memory.</summary>
public sealed class SaveTests : IDisposable
{
    private const string Tunnel = "wgsave0";
    private const string Own = "4Jj2vzKDVPWbFkKgIdsVGWUmQX8WqKWYwMZzlpWjdFE=";
    private static readonly string One = Keys.Numbered(1).ToString();
    private static readonly string Two = Keys.Numbered(2).ToString();
    private static readonly string Three = Keys.Numbered(3).ToString();

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-save-");
    private readonly MemoryPlatform _platform = new();
    private readonly CapturingLog _log = new();

    // Everything that a line can be, and nothing in its canonical form.
    private static readonly string s_file = $"""
        # The office's tunnel.

        [Interface] # ours
        privatekey={Own} # of 2026
        ListenPort = 51820
          Address = 10.0.0.1/24 # v4
        Address = fd00::1/64
        PostUp = echo a # b
        Table = off
        SaveConfig = true
        DNS=10.0.0.53

        # on the third floor
        # Name = laptop
        [Peer]
        PublicKey = {One}
        AllowedIPs = 10.0.0.2/32, 10.2.0.0/16 # two of them
        Endpoint = 192.0.2.7:51820 # at home
        PersistentKeepalive = 25

        # old
        [Peer] # Name = desktop
        PublicKey = {Two}
        AllowedIPs = 10.3.0.0/16
        AllowedIPs = 10.4.0.0/16

        # the end
        """;

    private TunnelHost? _host;

    private string FilePath => Path.Combine(_directory.FullName, Tunnel + ".conf");

    public void Dispose()
    {
        _host?.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void A_file_that_says_what_runs_is_not_touched()
    {
        Start(s_file);
        Assert.Empty(Host.Save(dryRun: false).Changes);
        Assert.DoesNotContain(_platform.Calls, call => call.StartsWith("save", StringComparison.Ordinal));
        Assert.Equal(s_file, File.ReadAllText(FilePath));
    }

    [Fact]
    public void Only_lines_that_change_are_written_anew()
    {
        Start(s_file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = IPEndPoint.Parse("[2001:db8::9]:4000"), AllowedIPs = [new(IPNetwork.Parse("10.9.0.0/16"))], PersistentKeepalive = 0 });
        Assert.Equal(
            ["added AllowedIP 1 >10.9.0.0/16", "changed Endpoint 1 192.0.2.7:51820>[2001:db8::9]:4000", "removed PersistentKeepalive 1 25>"],
            Host.Save(dryRun: false).Changes.Select(Text));
        Assert.Equal(
            s_file.Replace("10.0.0.2/32, 10.2.0.0/16 #", "10.0.0.2/32, 10.2.0.0/16, 10.9.0.0/16 #").Replace("192.0.2.7:51820 #", "[2001:db8::9]:4000 #").Replace("PersistentKeepalive = 25\n", ""),
            File.ReadAllText(FilePath));
    }

    [Fact]
    public void Every_property_of_the_tunnel_is_saved_where_it_stands()
    {
        Start(s_file);
        var key = SecretKey.RandomPrivateKey();
        using var wish = new SyncRequest { Mode = SyncModes.Set, PrivateKey = key, ListenPort = 4000, FwMark = 0x77, Addresses = ["10.0.0.9/24"], Dns = ["corp.example"], Mtu = 1380 };
        Host.Sync(SyncRequestReader.Read(wish), dryRun: false);
        var changes = Host.Save(dryRun: false).Changes;
        Assert.Equal(
            [
                "changed PrivateKey >", "changed ListenPort 51820>4000", "added FwMark >0x77", "removed Address 10.0.0.1/24>", "removed Address fd00::1/64>", "added Address >10.0.0.9/24",
                "removed Dns 10.0.0.53>", "added Dns >corp.example", "added Mtu >1380",
            ],
            changes.Select(Text));
        Assert.DoesNotContain(changes, c => c.ToString().Contains(key.ToBase64(), StringComparison.Ordinal));
        Assert.Equal(
            s_file.Replace($"privatekey={Own} #", $"privatekey={key.ToBase64()} #").Replace("51820\n  Address", "4000\n  Address")
                .Replace("10.0.0.1/24 # v4\nAddress = fd00::1/64", "10.0.0.9/24 # v4").Replace("DNS=10.0.0.53\n", "DNS=corp.example\nFwMark = 0x77\nMTU = 1380\n"),
            File.ReadAllText(FilePath));
    }

    [Fact]
    public void Peers_come_go_and_are_called_otherwise()
    {
        Start(s_file);
        using var psk = SecretKey.Random();
        Apply(
            new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove },
            new PeerChange { PublicKey = Keys.Numbered(2), Name = "tower", AllowedIPs = [new(IPNetwork.Parse("10.4.0.0/16"), Remove: true)] },
            new PeerChange { PublicKey = Keys.Numbered(3), Name = "phone", PresharedKey = psk.Clone(), AllowedIPs = [new(IPNetwork.Parse("10.5.0.0/16"))], PersistentKeepalive = 5 });
        Assert.Equal(
            ["removed Peer 1 *>", "changed Name 2 desktop>tower", "removed AllowedIP 2 10.4.0.0/16>", "added Peer 3 >*", "added Name 3 >phone", "added PresharedKey 3 >", "added AllowedIP 3 >10.5.0.0/16", "added PersistentKeepalive 3 >5"],
            Host.Save(dryRun: false).Changes.Select(Text));
        var begin = s_file.IndexOf("# on the third", StringComparison.Ordinal);
        Assert.Equal(
            s_file[..begin] + s_file[s_file.IndexOf("# old", StringComparison.Ordinal)..].Replace("= desktop", "= tower").Replace("AllowedIPs = 10.4.0.0/16\n", "")
            + $"\n\n# Name = phone\n[Peer]\nPublicKey = {Three}\nPresharedKey = {psk.ToBase64()}\nAllowedIPs = 10.5.0.0/16\nPersistentKeepalive = 5\n",
            File.ReadAllText(FilePath));
    }

    [Fact]
    public void What_stays_of_a_list_keeps_its_line_its_spelling_and_what_is_said_beside_it()
    {
        var lines = """
            AllowedIPs = 10.3.0.0/16   # the lab
            AllowedIPs = 10.4.0.1/16,fd04::/64 # the office
            AllowedIPs = 10.5.0.0/16 # the cellar
            """;
        var file = s_file.Replace("AllowedIPs = 10.3.0.0/16\nAllowedIPs = 10.4.0.0/16", lines);
        Start(file);
        Allow("10.9.0.0/16");
        file = file.Replace("# the cellar\n", "# the cellar\nAllowedIPs = 10.9.0.0/16\n");
        Assert.Equal(file, Saved());
        Allow("10.10.0.0/16", "-fd04::/64", "-10.9.0.0/16");
        file = file.Replace(",fd04::/64", "").Replace("10.9.0.0", "10.10.0.0");
        Assert.Equal(file, Saved());
        Allow("-10.5.0.0/16", "-10.3.0.0/16");
        file = file.Replace("AllowedIPs = 10.3.0.0/16   # the lab\n", "").Replace("AllowedIPs = 10.5.0.0/16 # the cellar\n", "");
        Assert.Equal(file, Saved());
        Allow("-10.4.0.0/16", "-10.10.0.0/16");
        Assert.DoesNotContain("the office", Saved());

        string Saved()
        {
            Host.Save(dryRun: false);
            return File.ReadAllText(FilePath);
        }

        void Allow(params string[] changes) => Apply(new PeerChange
        {
            PublicKey = Keys.Numbered(2),
            AllowedIPs = [.. changes.Select(text => new AllowedIPChange(IPNetwork.Parse(text.TrimStart('-')), Remove: text[0] == '-'))],
        });
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("# right behind\n\n", "")]
    [InlineData("\n# ===== road warriors: ask Bob before you add one =====\n\n", "# ===== road warriors: ask Bob before you add one =====\n\n")]
    [InlineData("# right behind\n\n# by itself\n\n# and more\n\n", "# by itself\n\n# and more\n\n")]
    [InlineData("\n# of the next one\n", "# of the next one\n")]
    public void What_stands_by_itself_behind_a_peer_stays_when_the_peer_goes(string behind, string left)
    {
        var begin = s_file.IndexOf("# on the third", StringComparison.Ordinal);
        var next = s_file.IndexOf("# old", StringComparison.Ordinal);
        Start(s_file[..(next - 1)] + behind + s_file[next..]);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove });
        Host.Save(dryRun: false);
        Assert.Equal(s_file[..begin] + left + s_file[next..], File.ReadAllText(FilePath));
    }

    [Fact]
    public void What_stands_at_the_end_stays_when_the_last_peer_goes()
    {
        Start(s_file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(2), Mode = PeerChangeMode.Remove });
        Host.Save(dryRun: false);
        Assert.Equal(s_file[..s_file.IndexOf("# old", StringComparison.Ordinal)] + "# the end", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_file_that_no_start_would_read_any_more_for_its_size_is_not_written()
    {
        var comment = "#" + new string('x', 99) + "\n";
        var file = s_file + "\n" + string.Concat(Enumerable.Repeat(comment, (ConfigParser.MaxFileBytes - s_file.Length) / comment.Length));
        Start(file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(3), AllowedIPs = [new(IPNetwork.Parse("10.9.0.0/16"))] });
        Assert.EndsWith("would be larger than a configuration file may be, 16 MiB.", Assert.Throws<ControlException>(() => Host.Save(dryRun: false)).Message);
        Assert.Equal(file, File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_name_is_taken_away_and_given()
    {
        Start(s_file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Name = "" }, new PeerChange { PublicKey = Keys.Numbered(2), Name = "" });
        Host.Save(dryRun: false);
        Assert.Equal(s_file.Replace("# Name = laptop\n", "").Replace("[Peer] # Name = desktop", "[Peer]"), File.ReadAllText(FilePath));
        Apply(new PeerChange { PublicKey = Keys.Numbered(2), Name = "tower # 2" });
        Assert.Equal(["added Name 2 >tower # 2"], Host.Save(dryRun: false).Changes.Select(Text));
        Assert.Contains("# old\n# Name = tower # 2\n[Peer]\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void Ends_of_lines_and_a_byte_order_mark_stay()
    {
        Start('\uFEFF' + s_file.Replace("\n", "\r\n"));
        Apply(new PeerChange { PublicKey = Keys.Numbered(3) });
        Host.Save(dryRun: false);
        Assert.Equal('\uFEFF' + $"{s_file}\n\n[Peer]\nPublicKey = {Three}\n".Replace("\n", "\r\n"), System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(FilePath)));
    }

    [Fact]
    public void A_dry_run_tells_the_same_and_writes_nothing()
    {
        Start(s_file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove });
        var foreseen = Host.Save(dryRun: true);
        Assert.Equal(s_file, File.ReadAllText(FilePath));
        Assert.Equal(foreseen.Changes, Host.Save(dryRun: false).Changes);
        Assert.Empty(Host.Save(dryRun: true).Changes);
    }

    [Fact]
    public void A_name_of_an_endpoint_stays_while_it_leads_there_and_what_a_client_sets_takes_its_place()
    {
        var named = s_file.Replace("192.0.2.7:51820", "localhost:51820");
        Start(named);
        // As a datagram from elsewhere would: past the sockets of clients.
        using (var roamed = new DeviceChange { Peers = [new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = IPEndPoint.Parse("198.51.100.9:4000") }] })
            Host.Device.Apply(roamed);
        Assert.Empty(Host.Save(dryRun: true).Changes);
        Assert.Equal("errno=0\n\n", Uapi.Ask(_directory, Tunnel, $"set=1\npublic_key={Convert.ToHexStringLower(Keys.Numbered(1).Span)}\nendpoint=198.51.100.8:4000\n\n"));
        Assert.Equal(["changed Endpoint 1 localhost:51820>198.51.100.8:4000"], Host.Save(dryRun: true).Changes.Select(Text));
    }

    [Fact]
    public void Where_a_peer_roamed_to_and_the_port_that_was_chosen_are_saved()
    {
        Start(s_file.Replace("ListenPort = 51820\n", "").Replace("Endpoint = 192.0.2.7:51820 # at home\n", ""));
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = IPEndPoint.Parse("198.51.100.9:4000") });
        using var now = Host.Device.Snapshot();
        Assert.Equal([$"added ListenPort >{now.ListenPort}", "added Endpoint 1 >198.51.100.9:4000"], Host.Save(dryRun: false).Changes.Select(Text));
        Assert.Contains("PersistentKeepalive = 25\nEndpoint = 198.51.100.9:4000\n", File.ReadAllText(FilePath));
    }

    [Theory]
    [InlineData(true, "save wgsave0.conf")]
    [InlineData(false, "save wgsave0.conf for its owner alone")]
    public void A_file_that_had_no_key_is_its_owners_alone_once_it_has_one(bool hasKey, string expected)
    {
        Start(hasKey ? s_file : s_file.Replace($"privatekey={Own} # of 2026\n", ""));
        using var key = new SyncRequest { Mode = SyncModes.Set, PrivateKey = SecretKey.RandomPrivateKey() };
        Host.Sync(SyncRequestReader.Read(key), dryRun: false);
        Host.Save(dryRun: false);
        Assert.Equal(expected, _platform.Calls[^1]);
    }

    [Fact]
    public void SaveConfig_saves_at_the_end_after_PreDown()
    {
        Start(s_file.Replace("PostUp", "PreDown"), runsHooks: true);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove });
        _platform.Calls.Clear();
        Host.Dispose();
        Assert.Equal(["PreDown echo a # b", "save wgsave0.conf", "undo"], _platform.Calls.Take(3));
        Assert.DoesNotContain("laptop", File.ReadAllText(FilePath));
        Assert.Contains(_log.Lines, line => line.Contains("saved ", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains(Own, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void It_does_not_save_at_the_end_what_does_not_ask_for_it(bool atStart, bool atEnd)
    {
        string With(bool save) => s_file.Replace("SaveConfig = true", $"SaveConfig = {(save ? "true" : "false")}");
        Start(With(atStart));
        File.WriteAllText(FilePath, With(atEnd));
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove });
        Host.Dispose();
        Assert.Equal(With(atEnd), File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_start_that_failed_saves_nothing()
    {
        var platform = new MemoryPlatform { NetworkFailure = new("adding an address", "File exists") };
        Assert.Throws<StartException>(() => Start(s_file, platform: platform));
        Assert.DoesNotContain(platform.Calls, call => call.StartsWith("save", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "There is no such file.")]
    [InlineData("[Interface]\nNonsense = 1\n", ":2:1: error: ")]
    public void A_file_that_cannot_be_read_is_left_alone(string? text, string message)
    {
        Start(s_file);
        File.Delete(FilePath);
        if (text is not null)
            File.WriteAllText(FilePath, text);
        var failure = Assert.Throws<ControlException>(() => Host.Save(dryRun: false));
        Assert.Equal(ControlErrorCode.SaveFailed, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.Exists(FilePath) ? File.ReadAllText(FilePath) : null);
        Host.Dispose();
        Assert.Contains(_log.Lines, line => line.Contains("Could not save the configuration", StringComparison.Ordinal));
        Assert.Contains("undo", _platform.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_must_not_be_written_is_refused_in_a_dry_run_too(bool dryRun)
    {
        Start(s_file);
        Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.Remove });
        _platform.SaveObjection = "/tmp can be written by others";
        var failure = Assert.Throws<ControlException>(() => Host.Save(dryRun));
        Assert.Equal((ControlErrorCode.SaveFailed, $"{FilePath} is not written, because /tmp can be written by others."), (failure.Code, failure.Message));
        Assert.Equal(s_file, File.ReadAllText(FilePath));
    }

    [Fact]
    public void The_drop_in_form_has_no_file()
    {
        _host = TunnelHost.Start(Options(null, false), _platform, TransportAeadFactory.Best, default);
        Assert.Contains("wg-quick", Assert.Throws<ControlException>(() => Host.Save(dryRun: true)).Message);
    }

    private TunnelHost Host => _host!;

    private void Start(string text, bool runsHooks = false, MemoryPlatform? platform = null)
    {
        File.WriteAllText(FilePath, text, new System.Text.UTF8Encoding(false));
        using var config = ConfigParser.Load(FilePath);
        _host = TunnelHost.Start(Options(config, runsHooks), platform ?? _platform, TransportAeadFactory.Best, default);
    }

    private TunnelHostOptions Options(TunnelConfig? config, bool runsHooks) => new()
    {
        Name = Tunnel,
        Config = config,
        RunsHooks = runsHooks,
        Log = _log,
        UapiDirectory = Path.Combine(_directory.FullName, "uapi"),
        ControlDirectory = Path.Combine(_directory.FullName, "control"),
    };

    private void Apply(params PeerChange[] peers)
    {
        using var change = new DeviceChange { Peers = peers };
        Host.Device.Apply(change);
    }

    private static string Text(TunnelDifference change)
    {
        var peer = change.Peer is null ? "" : change.Peer == One ? "1 " : change.Peer == Two ? "2 " : "3 ";
        return $"{change.Kind} {change.Property} {peer}{(change.Property == "Peer" && change.From is not null ? "*" : change.From)}>{(change.Property == "Peer" && change.To is not null ? "*" : change.To)}";
    }
}
