using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.HostNetwork;
using WireGuard.Tests.Soak;

namespace WireGuard.Tests.Interop;

/// <summary>`sync` with live engines: what stays is not disturbed, what is told is done, and nothing is left in the end.</summary>
public sealed class SyncTests : IDisposable
{
    private const string KillVariable = "WIREGUARD_ENGINE_KILL_AT_STEP";
    private const int Stride = 10;

    private readonly PrivateDirectory _files = new();
    private readonly ResolverPrograms _programs = new();
    private readonly EnginePair? _pair = InteropRequirement.Missing([]) is null ? new EnginePair() : null;

    private Host One => _pair!.One;

    private Host Two => _pair!.Two;

    private string Text => field ??= File.ReadAllText(_pair!.ConfigOne);

    public void Dispose()
    {
        _pair?.Dispose();
        _programs.Dispose();
        _files.Dispose();
    }

    [InteropFact]
    public void A_peer_that_stays_loses_no_packet_and_keeps_its_session()
    {
        _pair!.Up();
        using var echo = new SteadyEcho(One, Two);
        Assert.NotNull(echo.AwaitFresh(TimeSpan.FromSeconds(15)));
        var (lost, handshake, received) = (echo.Sent - echo.Answered, One.LatestHandshake(), One.Transfer().Received);
        var other = Text.Replace("MTU =", "#").Replace($"{One.InnerIPv6}/64", $"{One.InnerIPv6}/64, 10.90.0.1/24, fd90::1/64\nMTU = 1390")
            .Replace($"{Two.InnerIPv6}/128", $"{Two.InnerIPv6}/128, 10.91.0.0/16\nPersistentKeepalive = 7")
            + $"\n[Peer]\nPublicKey = {TestKeys.Create().PublicKey}\nAllowedIPs = 10.92.0.0/16, 10.90.0.7/32\nPresharedKey = {TestKeys.CreatePresharedKey()}\n";
        for (var turn = 0; turn < 5; turn++)
        {
            Assert.NotEmpty(Sync(other));
            Assert.Equal(2, One.WgShow("peers").Length);
            Assert.NotEmpty(Sync(Text));
        }

        Assert.NotNull(echo.AwaitFresh(TimeSpan.FromSeconds(10)));
        Eventually.True(() => echo.Sent - echo.Answered <= lost + 1, "every packet is answered");
        Assert.Equal(handshake, One.LatestHandshake());
        Assert.True(One.Transfer().Received > received);
    }

    [InteropTheory(InteropRequirement.Nft)]
    [InlineData(false)]
    [InlineData(true)]
    public void With_a_default_route_another_mark_loses_no_packet_whoever_sets_it(bool killSwitch)
    {
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        var text = Text.Replace($"{Two.InnerIPv4}/32", "0.0.0.0/0");
        File.WriteAllText(_pair!.ConfigOne, text);
        var before = HostPicture.Take(One.Namespace);
        _pair.Up(Two);
        One.Engine(["up", _pair.ConfigOne, .. killSwitch ? ["--kill-switch"] : (string[])[]]);
        using (var echo = new SteadyEcho(One, Two))
        {
            Assert.NotNull(echo.AwaitFresh(TimeSpan.FromSeconds(15)));
            var lost = echo.Sent - echo.Answered;
            for (var turn = 1; turn <= 4; turn++)
            {
                One.Namespace.Run("wg", "set", One.Interface, "fwmark", $"{1000 + turn}");
                Assert.Contains(HostPicture.Rules(One.Namespace), rule => rule.Contains($"not from all fwmark 0x{1000 + turn:x} lookup 51820", StringComparison.Ordinal));
                Assert.Contains($"ct mark 0x{1000 + turn:x8}", HostPicture.Firewall(One.Namespace));
                Assert.Equal(["FwMark"], Sync(text.Replace("ListenPort", $"FwMark = {2000 + turn}\nListenPort")).Select(c => c.Property));
                Assert.Contains(HostPicture.Rules(One.Namespace), rule => rule.Contains($"not from all fwmark 0x{2000 + turn:x} lookup 51820", StringComparison.Ordinal));
                Assert.Equal(5, HostPicture.Rules(One.Namespace).Length);
            }

            Assert.NotNull(echo.AwaitFresh(TimeSpan.FromSeconds(10)));
            Eventually.True(() => echo.Sent - echo.Answered <= lost + 1, "every packet is answered");
        }

        One.Engine("down", One.Interface);
        Assert.Equal(before, HostPicture.Take(One.Namespace));
    }

    [InteropFact]
    public void A_dry_run_tells_what_is_then_done_and_the_stop_undoes_it()
    {
        _programs.AddResolvconf();
        var before = HostPicture.Take(One.Namespace);
        One.Namespace.Run("env", $"PATH={_programs.SearchPath}", InteropRequirement.Engine!, "up", _pair!.ConfigOne);
        var text = Text.Replace($"{One.InnerIPv4}/24", "10.90.0.1/24").Replace("ListenPort", "DNS = 10.0.0.53, corp.example\nMTU = 1390\nListenPort")
            .Replace($"{Two.InnerIPv4}/32", $"{Two.InnerIPv4}/32, 10.91.0.0/16") + $"\n[Peer]\nPublicKey = {TestKeys.Create().PublicKey}\nAllowedIPs = 10.92.0.0/16, 10.90.0.7/32\n";
        var started = HostPicture.Take(One.Namespace);
        var foreseen = Sync(text, "--dry-run");
        Assert.Equal(started, HostPicture.Take(One.Namespace));
        Assert.Equal(["Address", "Address", "Dns", "Dns", "Mtu", "AllowedIP", "Peer", "AllowedIP", "AllowedIP", "Route", "Route", "Route"], foreseen.Select(c => c.Property));
        Assert.Equal(foreseen, Sync(text));
        Assert.Equal("nameserver 10.0.0.53\nsearch corp.example\n", Assert.Single(_programs.Records).Value);
        Assert.Equal(1390, ControlClient.GetTunnel(One).Mtu);
        Assert.Equal(["10.90.0.1/24", $"{One.InnerIPv6}/64"], ControlClient.GetTunnel(One).Addresses);
        Assert.Equal([.. foreseen.Where(c => c.Property == "Route").Select(c => c.To!).Append("10.90.0.0/24").Select(r => r.Replace("/32", "")).Order(StringComparer.Ordinal)], Routes());
        Assert.Empty(Sync(text));
        Assert.Equal($"{One.Interface}: nothing to change.\n", One.Engine("sync", Write(text), "--name", One.Interface).Output);

        Sync(Text.Replace($"{One.InnerIPv4}/24", "10.90.0.1/24").Replace("ListenPort", "DNS = 10.0.0.54\nListenPort"));
        Assert.Equal("nameserver 10.0.0.54\n", Assert.Single(_programs.Records).Value);
        One.Engine("down", One.Interface);
        Assert.Empty(_programs.Records);
        Assert.Equal(before, HostPicture.Take(One.Namespace));
        One.AssertNothingLeft();
    }

    [InteropFact]
    public void A_name_stands_for_the_file_that_the_tunnel_was_started_from()
    {
        var other = _files.Write($"{One.Interface}.conf", Text.Replace(One.Keys.PrivateKey, TestKeys.Create().PrivateKey));
        One.UseEnvironment($"WIREGUARD_CONFIG_DIR={Path.GetDirectoryName(other)}");
        _pair!.Up();
        Assert.Equal($"{One.Interface}: nothing to change.\n", One.Engine("sync", One.Interface).Output);
        Assert.Contains("PrivateKey", One.Engine("sync", other, "--dry-run").Output);
        Assert.Equal(4, One.TryEngine("sync", "nosuch").ExitCode);
    }

    [InteropFact]
    public void What_cannot_be_changes_nothing_and_says_why()
    {
        _pair!.Up();
        One.Namespace.Ip("route", "add", "192.168.7.0/24", "dev", "eth0");
        var (before, shown) = (HostPicture.Take(One.Namespace), One.Namespace.Run("wg", "showconf", One.Interface).Output);
        foreach (var (text, message, code) in new[]
        {
            (Text.Replace("ListenPort", "ListenPrt"), "did you mean ListenPort?", 8),
            (Text.Replace($"{Two.InnerIPv4}/32", "10.91.0.0/16, 192.168.7.0/24").Replace($"{One.ListenPort}", "51999").Replace(One.Keys.PrivateKey, TestKeys.Create().PrivateKey), "adding route 192.168.7.0/24 to", 1),
            (Text.Replace("ListenPort", "Table = 77\nListenPort"), "Table takes effect when the tunnel is started", 1),
        })
        {
            var refused = One.TryEngine("sync", Write(text), "--name", One.Interface);
            Assert.Equal(code, refused.ExitCode);
            Assert.Contains(message, refused.Error);
            Assert.Equal(before, HostPicture.Take(One.Namespace));
            Assert.Equal(shown, One.Namespace.Run("wg", "showconf", One.Interface).Output);
        }

        Assert.Empty(Sync(Text));
        Assert.Equal(4, One.TryEngine("sync", Write(Text), "--name", "nosuch").ExitCode);
    }

    [InteropFact]
    public void A_file_without_a_private_key_keeps_the_one_that_runs()
    {
        _pair!.Up();
        Assert.Empty(Sync(Text.Replace($"PrivateKey = {One.Keys.PrivateKey}", "")));
        Assert.Equal(One.Keys.PublicKey, One.WgShow("public-key").Single()[0]);
        Traffic.PingBothWays(One, Two, 5);
        var other = TestKeys.Create();
        var change = Assert.Single(Sync(Text.Replace(One.Keys.PrivateKey, other.PrivateKey)));
        Assert.Equal(new TunnelDifference("changed", "PrivateKey"), change);
        Assert.Equal(other.PublicKey, One.WgShow("public-key").Single()[0]);
    }

    [InteropFact]
    public void Wg_adds_sets_and_syncs_configurations_as_before()
    {
        _pair!.Up();
        Traffic.PingBothWays(One, Two, 3);
        var handshake = One.LatestHandshake();
        var stripped = Write(One.Namespace.Run("wg-quick", "strip", _pair.ConfigOne).Output);
        var added = _files.Write("added.conf", $"[Peer]\nPublicKey = {TestKeys.Create().PublicKey}\nAllowedIPs = 10.92.0.0/16\n");
        One.Namespace.Run("wg", "addconf", One.Interface, added);
        Assert.Equal(2, One.WgShow("peers").Length);
        One.Namespace.Run("wg", "syncconf", One.Interface, stripped);
        Assert.Single(One.WgShow("peers"));
        Assert.Equal(handshake, One.LatestHandshake());
        One.Namespace.Run("wg", "setconf", One.Interface, stripped);
        Traffic.PingBothWays(One, Two, 3);
    }

    [InteropFact]
    public void In_the_drop_in_form_the_hosts_side_is_left_alone()
    {
        One.Engine(One.Interface);
        One.Namespace.Ip("addr", "add", "10.90.0.1/24", "dev", One.Interface);
        One.Namespace.Ip("link", "set", One.Interface, "up");
        Assert.Equal(["PrivateKey", "ListenPort", "Peer", "Name", "Endpoint", "AllowedIP", "AllowedIP"], Sync(Text).Select(c => c.Property));
        Assert.Equal(["10.90.0.0/24"], Routes());
        Assert.Equal(One.Keys.PublicKey, One.WgShow("public-key").Single()[0]);
    }

    public static TheoryData<int> Steps => [.. Enumerable.Range(1, Stride)];

    /// <param name="first">Every tenth step from this one on, so that no run takes long.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [MemberData(nameof(Steps))]
    public void Killed_at_whatever_step_of_several_syncs_nothing_stays(int first)
    {
        _programs.AddResolvconf();
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        var full = _files.Write("full.conf", Text.Replace($"{Two.InnerIPv4}/32", "0.0.0.0/0, ::/0").Replace("ListenPort", "DNS = 10.0.0.53\nFwMark = 77\nListenPort"));
        var other = _files.Write("other.conf", Text.Replace($"{Two.InnerIPv4}/32", "0.0.0.0/0").Replace("ListenPort", "DNS = 10.0.0.54\nFwMark = 78\nListenPort"));
        var before = HostPicture.Take(One.Namespace);
        var killed = 0;
        for (var step = first; ; step += Stride)
        {
            var report = JsonSerializer.Deserialize(
                One.Namespace.TryRun("env", $"PATH={_programs.SearchPath}", $"{KillVariable}={step}", InteropRequirement.Engine!, "up", _pair!.ConfigOne, "--report", "json").Output,
                ControlJsonContext.Default.StartReport)!;
            // The start's own steps are another test's.
            if (!report.Ready)
                continue;
            var survived = new[] { full, other, full }.All(file => One.TryEngine("sync", file, "--name", One.Interface).ExitCode == 0);
            killed += survived ? 0 : 1;
            if (!survived)
                AwaitDeath(report.ProcessId);
            var down = Down();
            // It was killed with the question on its way.
            if (down.Error.Contains("hung up"))
            {
                AwaitDeath(report.ProcessId);
                down = Down();
            }

            Assert.True(before == HostPicture.Take(One.Namespace), $"step {step}, survived {survived}: {down.Output}{down.Error}");
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*.undo*"));
            Assert.Empty(_programs.Records);
            if (survived)
                break;
        }

        Assert.InRange(killed, 3, 20);

        ProcessResult Down() => One.Namespace.TryRun("env", $"PATH={_programs.SearchPath}", InteropRequirement.Engine!, "down", One.Interface);

        void AwaitDeath(int engine) => Eventually.True(() => !One.Leftovers().Contains($"process {engine}"), "the engine is gone");
    }

    private IReadOnlyList<TunnelDifference> Sync(string text, params string[] options) => JsonSerializer.Deserialize<List<TunnelDifference>>(
        One.Engine(["sync", Write(text), "--name", One.Interface, "--json", .. options]).Output, JsonSerializerOptions.Web)!;

    private string Write(string text) => _files.Write("sync.conf", text);

    private string[] Routes() => [.. One.Namespace.IpJson("-4", "route", "show", "dev", One.Interface).Select(route => route.GetProperty("dst").GetString()!).Order(StringComparer.Ordinal)];
}
