using System.Runtime.Versioning;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>A tunnel's file brought to what runs: by a verb, at the end, by wg-quick, and by an engine that is killed on its way.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SaveTests
{
    private const string KillVariable = "WIREGUARD_ENGINE_KILL_AT_STEP";
    private const string SaveConfig = "SaveConfig = true # keep";

    [InteropFact]
    public void The_end_saves_what_wg_has_changed_and_where_the_peer_roamed_to()
    {
        using var pair = new EnginePair(extra: SaveConfig);
        pair.Up();
        // Two knows no endpoint: One comes to it.
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        var other = TestKeys.Create().PublicKey;
        pair.Two.Namespace.Run("wg", "set", pair.Two.Interface, "peer", other, "allowed-ips", "10.99.0.0/16", "persistent-keepalive", "9");
        var before = File.ReadAllText(pair.ConfigTwo);
        Assert.Contains("nothing was changed", pair.Two.Engine("save", pair.Two.Interface, "--dry-run").Output);
        Assert.Equal(before, File.ReadAllText(pair.ConfigTwo));

        pair.Two.Engine("down", pair.Two.Interface);
        pair.Two.AssertNothingLeft();
        var after = File.ReadAllText(pair.ConfigTwo);
        Assert.Contains($"Endpoint = {pair.One.OuterEndpoint(overIPv6: false)}\n", after);
        Assert.Contains($"[Peer]\nPublicKey = {other}\nAllowedIPs = 10.99.0.0/16\nPersistentKeepalive = 9\n", after);
        Assert.Contains($"{SaveConfig}\n", after);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pair.ConfigTwo));
        Assert.Equal([Path.GetFileName(pair.ConfigOne), Path.GetFileName(pair.ConfigTwo)], Files(pair));
        Assert.DoesNotContain(pair.Two.Keys.PrivateKey, File.ReadAllText(Path.ChangeExtension(pair.Two.ControlSocket, ".log")));

        // And that is a configuration to start from: Two comes to One now.
        pair.Up(pair.Two);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        Assert.Contains("nothing to change", pair.Two.Engine("save", pair.Two.Interface).Output);
    }

    [InteropFact]
    public void Killed_at_whatever_step_of_the_save_the_file_is_the_old_or_the_new_one()
    {
        using var pair = new EnginePair(extra: SaveConfig + "\nTable = off");
        var old = File.ReadAllText(pair.ConfigOne);
        var (untouched, written) = (0, 0);
        for (var step = 1; ; step++)
        {
            File.WriteAllText(pair.ConfigOne, old);
            var report = JsonSerializer.Deserialize(
                pair.One.Namespace.TryRun("env", $"{KillVariable}={step}", InteropRequirement.Engine!, "up", pair.ConfigOne, "--report", "json").Output,
                ControlJsonContext.Default.StartReport)!;
            if (report.Ready)
                pair.One.Namespace.Run("wg", "set", pair.One.Interface, "listen-port", "0", "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9");
            var ended = report.Ready && pair.One.TryEngine("down", pair.One.Interface).ExitCode == 0;
            // What the kernel takes with a process is gone when the process is; a socket's file stays until the next start.
            Eventually.True(() => pair.One.Leftovers().All(left => left.StartsWith('/')), "the engine is gone");
            var now = File.ReadAllText(pair.ConfigOne);
            _ = now == old ? untouched++ : written++;
            Assert.True(now == old || (now.Contains($"\nEndpoint = {pair.Two.OuterEndpoint(overIPv6: false)}\nPersistentKeepalive = 9\n") && now.Contains(pair.One.Keys.PrivateKey)), now);
            Assert.All(Directory.GetFiles(Path.GetDirectoryName(pair.ConfigOne)!), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
            if (ended && now != old && report.Ready && Files(pair).Length == 2)
                break;
        }

        Assert.InRange(untouched, 4, 50);
        Assert.InRange(written, 1, 50);
    }

    [InteropFact]
    public void A_file_in_a_folder_that_others_can_write_is_not_saved_and_the_start_says_so()
    {
        using var pair = new EnginePair(extra: SaveConfig);
        var folder = Path.GetDirectoryName(pair.ConfigOne)!;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        var old = File.ReadAllText(pair.ConfigOne);
        Assert.Contains(pair.Up(pair.One).Warnings!, w => w.Contains($"SaveConfig has no effect, because {folder} can be written by others"));
        pair.One.Namespace.Run("wg", "set", pair.One.Interface, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9");
        var refused = pair.One.TryEngine("save", pair.One.Interface);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("can be written by others", refused.Error);
        pair.One.Engine("down", pair.One.Interface);
        pair.One.AssertNothingLeft();
        Assert.Equal(old, File.ReadAllText(pair.ConfigOne));
    }

    [InteropFact(InteropRequirement.UserspaceWgQuick)]
    public void Wg_quick_saves_a_tunnel_of_ours_and_ours_leaves_that_to_it()
    {
        using var pair = new EnginePair(extra: "SaveConfig = true");
        WgQuickTests.Run(pair, pair.One, "up");
        pair.One.Namespace.Run("wg", "set", pair.One.Interface, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9");
        WgQuickTests.Run(pair, pair.One, "save");
        Assert.Contains("PersistentKeepalive = 9", File.ReadAllText(pair.ConfigOne));
        Assert.Contains(pair.One.Keys.PrivateKey, File.ReadAllText(pair.ConfigOne));
        Assert.Contains("wg-quick", pair.One.TryEngine("save", pair.One.Interface).Error);
        pair.One.Namespace.Run("wg", "set", pair.One.Interface, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "11");
        WgQuickTests.Run(pair, pair.One, "down");
        Assert.Contains("PersistentKeepalive = 11", File.ReadAllText(pair.ConfigOne));
        pair.One.AssertNothingLeft();
        // What wg-quick has written, ours reads.
        Assert.True(pair.Up(pair.One).Ready);
    }

    private static string[] Files(EnginePair pair) =>
        [.. Directory.GetFileSystemEntries(Path.GetDirectoryName(pair.ConfigOne)!).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
