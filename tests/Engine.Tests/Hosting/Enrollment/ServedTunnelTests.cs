using System.Runtime.Versioning;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Hosting;

/// <summary>What a served tunnel is made of when it starts, and what it refuses to be made of.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServedTunnelTests : IDisposable
{
    private readonly ServedHost _served = new();

    private string StateFile => Path.Combine(_served.StateDirectory, "state");

    private string SettingsFile => Path.Combine(_served.StateDirectory, "settings.json");

    [Fact]
    public void The_server_has_the_first_addresses_and_its_own_key()
    {
        _served.Start();
        Assert.Contains("apply 10.150.0.1/24 fd42:150::1/64 mtu  routes ", _served.Platform.Calls);
        Assert.Equal(51820, _served.Platform.Bind!.Port);
        using var snapshot = _served.Host.Device.Snapshot();
        Assert.Equal(snapshot.PublicKey.ToString(), _served.Enrollment.Status().PublicKey);
        Assert.Null(_served.Host.ConfigPath);
    }

    [Fact]
    public void What_it_was_told_is_kept_for_the_next_start_once_this_one_is_ready()
    {
        _served.Start(ServedHost.Told with { Port = 7777, Mtu = 1380, Dns = ["10.150.0.1"], AllowedIPs = ["10.0.0.0/8"], Keepalive = 25 });
        var key = _served.Enrollment.Status().PublicKey;
        _served.Stop();
        _served.Start(new ServeSettings { Mtu = 1400 });
        Assert.Equal(7777, _served.Platform.Bind!.Port);
        Assert.Contains("apply 10.150.0.1/24 fd42:150::1/64 mtu 1400 routes ", _served.Platform.Calls);
        Assert.Equal((key, "vpn.example:7777"), (_served.Enrollment.Status().PublicKey, _served.Enrollment.Status().Endpoint));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SettingsFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_served.StateDirectory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(StateFile));
    }

    [Fact]
    public void The_first_start_needs_a_pool()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_served.StateDirectory)!);
        Assert.Equal(StartErrorId.ConfigInvalid, Refusal(new ServeSettings()).Id);
        Assert.Equal(StartErrorId.ConfigInvalid, Refusal(new ServeSettings { Pool = ["10.0.0.0/8", "10.1.0.0/16"] }).Id);
        Assert.Equal(StartErrorId.ConfigInvalid, Refusal(new ServeSettings { Pool = ["10.0.0.1/32"] }).Id);
        // And what was refused took nothing: the state is free.
        _served.Start();
    }

    [Fact]
    public void What_a_service_would_start_is_looked_at_while_it_runs()
    {
        _served.Start();
        ServedTunnel.Check(_served.StateDirectory);
        File.WriteAllText(SettingsFile, "{}");
        Assert.Equal(StartErrorId.ConfigInvalid, Assert.Throws<StartException>(() => ServedTunnel.Check(_served.StateDirectory)).Id);
        File.WriteAllText(SettingsFile, "{");
        Assert.Equal(StartErrorId.StateUnusable, Assert.Throws<StartException>(() => ServedTunnel.Check(_served.StateDirectory)).Id);
    }

    [Fact]
    public void Two_processes_do_not_share_a_state()
    {
        _served.Start();
        Assert.Equal(StartErrorId.StateUnusable, Refusal(ServedHost.Told).Id);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("settings.json")]
    public void What_is_damaged_is_refused_and_left_as_it_is(string file)
    {
        _served.Start();
        _served.Stop();
        var path = Path.Combine(_served.StateDirectory, file);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        bytes[0] ^= 1;
        File.WriteAllBytes(path, bytes);
        var failure = Refusal(ServedHost.Told);
        Assert.Equal(StartErrorId.StateUnusable, failure.Id);
        Assert.Contains(path, failure.Message);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_state_that_is_whole_is_not_set_aside()
    {
        _served.Start();
        Assert.Contains("in use", Refusal(ServedHost.Told, setsAside: true).Message, StringComparison.Ordinal);
        _served.Stop();
        Assert.Contains("is whole", Refusal(ServedHost.Told, setsAside: true).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(StateFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("open to others", Refusal(ServedHost.Told, setsAside: true).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_served.StateDirectory, "*aside*"));
        File.WriteAllText(StateFile, "damaged");
        File.SetUnixFileMode(StateFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ServedTunnel.Open("wg", ServedHost.Told, _served.StateDirectory, setsAside: true).Setup.Dispose();
        Assert.Equal("damaged", File.ReadAllText(Assert.Single(Directory.GetFiles(_served.StateDirectory, "*aside*"))));
    }

    [Fact]
    public void A_state_that_is_gone_is_not_begun_anew_without_a_word()
    {
        _served.Start();
        var key = _served.Enrollment.Status().PublicKey;
        _served.Stop();
        File.Move(StateFile, StateFile + ".copy");
        Assert.Contains("missing", Refusal(ServedHost.Told).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(StateFile));
        ServedTunnel.Open("wg", ServedHost.Told, _served.StateDirectory, setsAside: true).Setup.Dispose();
        File.Move(StateFile + ".copy", StateFile, overwrite: true);
        _served.Start();
        Assert.Equal(key, _served.Enrollment.Status().PublicKey);
    }

    [Fact]
    public void Settings_are_written_when_they_are_others_and_are_not_worth_the_tunnel()
    {
        _served.Start();
        _served.Stop();
        File.SetLastWriteTimeUtc(SettingsFile, DateTime.UnixEpoch);
        _served.Start();
        _served.Stop();
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(SettingsFile));

        var served = _served.Open(ServedHost.Told with { Port = 7 });
        File.Delete(SettingsFile);
        Directory.CreateDirectory(SettingsFile);
        Assert.Contains("could not be kept", served.KeepSettings(), StringComparison.Ordinal);
        served.Setup.Dispose();
    }

    [Fact]
    public void What_writers_have_left_that_were_killed_is_swept()
    {
        _served.Start();
        _served.Stop();
        // No process has this number: the kernel's bound is lower.
        var (old, young, other) = ($"{SettingsFile}.4194999.new", $"{SettingsFile}.4194998.new", $"{SettingsFile}.x.new");
        foreach (var file in new[] { old, young, other })
            File.WriteAllText(file, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        File.SetLastWriteTimeUtc(other, DateTime.UtcNow.AddHours(-2));
        _served.Start(ServedHost.Told with { Keepalive = 7 });
        Assert.Equal((false, true, true), (File.Exists(old), File.Exists(young), File.Exists(other)));
    }

    [Fact]
    public void What_others_may_read_is_refused()
    {
        _served.Start();
        _served.Stop();
        File.SetUnixFileMode(SettingsFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Equal(StartErrorId.StateUnusable, Refusal(ServedHost.Told).Id);
    }

    [Fact]
    public void Settings_that_no_client_can_be_told_end_the_start_and_let_the_state_go()
    {
        Assert.Equal(StartErrorId.ConfigInvalid, Assert.Throws<StartException>(() => _served.Start(ServedHost.Told with { Mtu = 100 })).Id);
        Assert.False(File.Exists(SettingsFile));
        _served.Start();
    }

    [Fact]
    public void Peers_of_another_pool_get_nothing_until_they_join_again()
    {
        _served.Start();
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(_served.OpenWindow(), identity)).Result!.PresharedKey!.Dispose();
        _served.Stop();
        _served.Start(ServedHost.Told with { Pool = ["10.151.0.0/24"] });
        Assert.Empty(_served.Peer(identity.PublicKey)!.AllowedIPs);
        Assert.Contains(_served.Log.Lines, line => line.Contains("another pool", StringComparison.Ordinal));
        var again = _served.Run(_served.Client(_served.OpenWindow(), identity));
        Assert.Equal("10.151.0.2/24", again.Result!.Grant.Addresses[0].ToString());
        again.Result.PresharedKey!.Dispose();
        Assert.Equal("10.151.0.2/32", Assert.Single(_served.Peer(identity.PublicKey)!.AllowedIPs).ToString());
    }

    [Theory]
    [InlineData("60", 60)]
    [InlineData("60s", 60)]
    [InlineData("90m", 5400)]
    [InlineData("12h", 43200)]
    [InlineData("30d", 2592000)]
    [InlineData("", -1)]
    [InlineData("d", -1)]
    [InlineData("1w", -1)]
    [InlineData("-1", -1)]
    [InlineData("1.5h", -1)]
    public void Times_are_read_with_their_unit(string text, int seconds) =>
        Assert.Equal(seconds, ServeText.TryReadDuration(text, out var time) ? (int)time.TotalSeconds : -1);

    public void Dispose() => _served.Dispose();

    private StartException Refusal(ServeSettings told, bool setsAside = false) =>
        Assert.Throws<StartException>(() => ServedTunnel.Open("wg", told, _served.StateDirectory, setsAside));
}
