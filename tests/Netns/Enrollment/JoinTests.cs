using System.Net;
using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>`serve`, `open`, `join` and what goes with them, between two hosts.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class JoinTests
{
    private const string ServerAt = "10.77.0.2:51822";
    private const string RelayAt = "10.77.0.1:7000";

    [InteropFact]
    public void A_host_joins_by_a_code_with_a_fifth_of_all_datagrams_lost_and_again_with_the_same_key()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        Assert.Equal(ServerAt, scene.ServerEndpoint.ToString());
        using (new Relay(scene.Client.Namespace, IPEndPoint.Parse(RelayAt), scene.ServerEndpoint, Relay.LosesAFifth()))
            scene.Join(RelayAt, scene.Open("--max-peers", "1"), "--timeout", "5", "--no-start").EnsureSuccess();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.ClientConfig));
        Assert.Equal([Path.GetFileName(scene.ClientConfig)], Directory.GetFiles(Path.GetDirectoryName(scene.ClientConfig)!).Select(Path.GetFileName));
        Assert.Equal("10.150.0.2/24, fd42:150::2/64", scene.ClientValue("Address"));
        var (key, secret) = (scene.ClientValue("PrivateKey"), scene.ClientValue("PresharedKey"));

        // The relay has gone; whoever comes to stand in its place is found.
        var losesGrants = false;
        using var relay = new Relay(scene.Client.Namespace, IPEndPoint.Parse(RelayAt), scene.ServerEndpoint, passing => losesGrants && passing.Kind == 6 ? [] : [passing]);
        scene.Client.Engine("up", scene.Client.Interface);
        scene.AssertReached();

        var code = scene.Open();
        var again = scene.Join(RelayAt, code).EnsureSuccess();
        Assert.Contains("runs already", again.Output);
        Assert.Equal(("10.150.0.2/24, fd42:150::2/64", key), (scene.ClientValue("Address"), scene.ClientValue("PrivateKey")));
        Assert.Equal(secret, scene.ClientValue("PresharedKey"));
        scene.AssertReached();

        // A third that the server lets in and that never hears of it: the tunnel goes on, and begins anew.
        losesGrants = true;
        Assert.Contains("has not shown that it knows the code", scene.Join(RelayAt, code, "--timeout", "3").Error);
        losesGrants = false;
        // And sessions that begin with the preshared key at both ends.
        scene.Client.Engine("down", scene.Client.Interface);
        scene.Client.Engine("up", scene.Client.Interface);
        scene.AssertReached();
        Assert.Single(scene.Status().Peers);
        scene.Client.Engine("down", scene.Client.Interface);
        scene.Server.Engine("down", scene.Server.Interface);
        scene.Client.AssertNothingLeft();
        scene.Server.AssertNothingLeft();
    }

    [InteropFact]
    public void Three_wrong_codes_close_the_window_and_the_right_one_is_of_no_use_then()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open();
        for (var i = 0; i < 3; i++)
        {
            var wrong = scene.Join(ServerAt, EnrollmentScene.Other(code));
            Assert.Equal(1, wrong.ExitCode);
            Assert.Contains("the code is wrong", wrong.Error);
            Assert.Contains(".conf.joining for the next try", wrong.Error);
        }

        Assert.Null(scene.Status().Window);
        Assert.Equal(6, scene.Join(ServerAt, code, "--timeout", "2").ExitCode);
        Assert.False(File.Exists(scene.ClientConfig));
        Assert.Empty(scene.Status().Peers);
        // A new window, and the key that was made for the first try.
        scene.Join(ServerAt, scene.Open()).EnsureSuccess();
        scene.AssertReached();
    }

    [InteropFact]
    public void A_restart_closes_the_window_needs_nothing_but_the_name_and_knows_who_joined()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open("--seconds", "600");
        scene.Join(ServerAt, code).EnsureSuccess();
        scene.AssertReached();
        scene.Client.Engine("down", scene.Client.Interface);
        scene.Server.Engine("down", scene.Server.Interface);

        scene.Server.Engine("serve", scene.Server.Interface);
        Assert.Null(scene.Status().Window);
        scene.Client.Engine("up", scene.Client.Interface);
        scene.AssertReached();
        Assert.Equal(6, scene.Join(ServerAt, code, "--timeout", "2").ExitCode);
        Assert.Contains("runs already", scene.Server.TryEngine("serve", scene.Server.Interface).Error);
    }

    [InteropFact]
    public void An_invitation_is_used_once_and_a_peer_that_is_revoked_is_cut_off()
    {
        using var scene = new EnrollmentScene();
        scene.Serve("--endpoint", "10.77.0.2");
        var link = scene.Server.Engine("invite", scene.Server.Interface, "--peer-name", "printer", "--expires-in", "1h", "--max-uses", "1").Output.Trim();
        scene.Join("-", link).EnsureSuccess();
        scene.AssertReached();
        Assert.Equal("printer", Assert.Single(scene.Status().Peers).Name);

        scene.Client.Engine("down", scene.Client.Interface);
        File.Move(scene.ClientConfig, scene.ClientConfig + ".first");
        var second = scene.Join(link);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("used up", second.Error);
        Assert.False(File.Exists(scene.ClientConfig));

        File.Move(scene.ClientConfig + ".first", scene.ClientConfig);
        scene.Client.Engine("up", scene.Client.Interface);
        scene.AssertReached();
        scene.Server.Engine("revoke", scene.Server.Interface, "printer");
        Assert.NotEqual(0, scene.Ping("10.150.0.1", 1).ExitCode);
        Assert.Empty(scene.Server.WgShow("peers"));
        Assert.Empty(scene.Status().Peers);
        Assert.NotEqual(0, scene.Join("-", link, "--timeout", "3").ExitCode);
        Assert.Empty(scene.Status().Peers);
    }

    [InteropFact]
    public void Open_shows_the_code_tells_who_joins_and_ends_with_the_window()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        string[] command = [.. scene.Server.EngineLauncher, InteropRequirement.Engine!, "open", scene.Server.Interface, "--max-peers", "1", "--approve", "--digits", "8"];
        using var open = scene.Server.Namespace.Start(command[0], command[1..]);
        var code = open.StandardOutput.ReadLine()!["Code: ".Length..];
        Assert.Matches("^[0-9]{4} [0-9]{4}$", code);
        var join = Task.Run(() => scene.Join(ServerAt, code, "--no-start", "--peer-name", "laptop"));
        Eventually.True(() => scene.Status().Waiting.Count == 1, "the client waits");
        Assert.Contains("'laptop' has joined", scene.Server.Engine("approve", scene.Server.Interface, "laptop").Output.Replace("laptop", "'laptop'", StringComparison.Ordinal));
        join.GetAwaiter().GetResult().EnsureSuccess();
        var told = open.StandardOutput.ReadToEnd();
        Assert.Contains("'laptop' waits: wireguard-engine approve", told);
        Assert.Contains("'laptop' has joined from 10.77.0.1:", told);
        Assert.Contains("all have joined", told);
        open.WaitForExit();
        Assert.Equal(0, open.ExitCode);
    }

    [InteropFact]
    public void The_end_of_open_by_a_signal_closes_the_window()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        string[] command = [.. scene.Server.EngineLauncher, InteropRequirement.Engine!, "open", scene.Server.Interface, "--seconds", "600"];
        using var open = scene.Server.Namespace.Start(command[0], command[1..]);
        Assert.StartsWith("Code: ", open.StandardOutput.ReadLine());
        Assert.NotNull(scene.Status().Window);
        Signals.Send(open.Id, Signals.Terminate);
        Assert.Contains("The window is closed.", open.StandardOutput.ReadToEnd());
        Assert.Null(scene.Status().Window);
        Assert.Equal("No window was open.\n", scene.Server.Engine("close", scene.Server.Interface).Output);
    }

    [InteropFact]
    public void The_end_of_open_by_a_kill_closes_the_window_and_one_that_nobody_follows_stays()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        string[] command = [.. scene.Server.EngineLauncher, InteropRequirement.Engine!, "open", scene.Server.Interface, "--seconds", "600"];
        using var open = scene.Server.Namespace.Start(command[0], command[1..]);
        var code = open.StandardOutput.ReadLine()!["Code: ".Length..];
        Assert.NotNull(scene.Status().Window);
        Signals.Send(open.Id, Signals.Kill);
        Eventually.True(() => scene.Status().Window is null, "the window closes");
        Assert.Equal(6, scene.Join(ServerAt, code, "--timeout", "1").ExitCode);
        // Whoever asked for it has gone long since.
        scene.Open("--seconds", "600");
        Assert.NotNull(scene.Status().Window);
    }

    [InteropFact]
    public void Somebody_elses_file_is_not_touched_and_a_dry_run_asks_nobody()
    {
        using var scene = new EnrollmentScene();
        Directory.CreateDirectory(Path.GetDirectoryName(scene.ClientConfig)!);
        File.WriteAllText(scene.ClientConfig, "[Interface]\n");
        var refused = scene.Join(ServerAt, "123456");
        Assert.Equal(5, refused.ExitCode);
        Assert.Equal("[Interface]\n", File.ReadAllText(scene.ClientConfig));
        File.Delete(scene.ClientConfig);
        Assert.Contains($"Would ask {ServerAt} by a code, write {scene.ClientConfig}, and start {scene.Client.Interface}.", scene.Join(ServerAt, "", "--dry-run").Output);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(scene.ClientConfig)!));
        Assert.Equal(6, scene.Join(ServerAt, "123456", "--timeout", "1").ExitCode);
        Assert.Equal(2, scene.Join(ServerAt, "12345").ExitCode);
        Assert.Equal(1, scene.Join("wg-enroll://vpn.example:51820/AQUM").ExitCode);
    }
}
