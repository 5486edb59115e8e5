using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>`join` on a host that has joined before, while its tunnel runs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RejoinTests
{
    private const string ServerAt = "10.77.0.2:51822";

    [InteropFact]
    public void A_host_that_was_revoked_is_back_at_once_when_it_joins_again_while_its_tunnel_runs()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open("--seconds", "600");
        scene.Join(ServerAt, code).EnsureSuccess();
        scene.AssertReached();
        scene.Server.Engine("revoke", scene.Server.Interface, scene.Status().Peers[0].PublicKey);
        Assert.Contains("runs already", scene.Join(ServerAt, code).EnsureSuccess().Output);
        // The session that the server has forgotten would be used for fifteen seconds from the first packet on.
        Assert.Equal(0, scene.Ping("10.150.0.1", 1).ExitCode);
    }

    [InteropFact]
    public void A_join_goes_around_the_dead_tunnel_that_takes_everything()
    {
        const string ServerBeyond = "198.51.100.1";
        using var scene = new EnrollmentScene();
        scene.Server.Namespace.Run("ip", "addr", "add", $"{ServerBeyond}/32", "dev", "lo");
        scene.Client.Namespace.Run("ip", "route", "add", "default", "via", "10.77.0.2");
        scene.Serve("--allowed-ip", "0.0.0.0/0");
        var code = scene.Open("--seconds", "600");
        scene.Join($"{ServerBeyond}:{scene.Server.ListenPort}", code).EnsureSuccess();
        Eventually.True(() => scene.Ping("10.150.0.1").ExitCode == 0, "the server is reached");
        // Through the tunnel: the marked one alone goes around.
        Assert.Contains(scene.Client.Interface, scene.Client.Namespace.Run("ip", "route", "get", ServerBeyond).Output);

        scene.Server.Engine("revoke", scene.Server.Interface, scene.Status().Peers[0].PublicKey);
        Assert.NotEqual(0, scene.Ping("10.150.0.1", 1).ExitCode);
        scene.Join($"{ServerBeyond}:{scene.Server.ListenPort}", code, "--timeout", "10").EnsureSuccess();
        Assert.Equal(0, scene.Ping("10.150.0.1", 1).ExitCode);
        Assert.Single(scene.Status().Peers);
    }

    [InteropFact]
    public void The_report_says_until_when_a_lease_lasts_and_that_the_tunnel_is_none_of_a_file()
    {
        using var scene = new EnrollmentScene();
        scene.Serve("--lease", "1d");
        var report = JsonSerializer.Deserialize(scene.Join(ServerAt, scene.Open(), "--no-start", "--report", "json").EnsureSuccess().Output, ControlJsonContext.Default.StartReport)!;
        Assert.InRange(report.LeaseEnds!.Value - DateTimeOffset.UtcNow, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
        Assert.Contains("of no file that could be saved", scene.Server.TryEngine("save", scene.Server.Interface).Error);
        scene.Server.Engine("down", scene.Server.Interface);
        var up = scene.Server.TryEngine("up", scene.Server.Interface);
        Assert.Equal(4, up.ExitCode);
        Assert.Contains($"`wireguard-engine serve {scene.Server.Interface}` starts it", up.Error);
    }

    [InteropFact]
    public void A_join_that_is_broken_off_before_anybody_answered_leaves_no_key()
    {
        using var scene = new EnrollmentScene();
        using var files = new PrivateDirectory();
        var joining = scene.ClientConfig + ".joining";
        string[] command = [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, "join", ServerAt, "--name", scene.Client.Interface, "--timeout", "60"];
        using var join = scene.Client.Namespace.Start("sh", ["-c", "code=$1; shift; exec \"$@\" < \"$code\"", "sh", files.Write("code", "123456\n"), .. command]);
        Eventually.True(() => File.Exists(joining), "the key is kept before the first datagram");
        Signals.Send(join.Id, Signals.Terminate);
        Assert.Contains("knows nothing of this host", join.StandardError.ReadToEnd());
        Assert.True(join.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.False(File.Exists(joining));
    }

    [InteropFact]
    public void A_join_again_that_is_broken_off_does_not_say_that_the_server_knows_nothing()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        // Where to join and the code in one go.
        scene.Join("-", $"{ServerAt}\n{scene.Open()}", "--no-start").EnsureSuccess();
        var before = File.ReadAllText(scene.ClientConfig);
        scene.Server.Engine("down", scene.Server.Interface);
        string[] command = [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, "join", "-", "--name", scene.Client.Interface, "--timeout", "60", "--ends-with-input"];
        using var join = scene.Client.Namespace.Start(command[0], command[1..]);
        join.StandardInput.Write($"{ServerAt}\n123456\n");
        join.StandardInput.Flush();
        join.StandardInput.Close();
        var said = join.StandardError.ReadToEnd();
        Assert.True(join.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Contains("Broken off; all is as it was.", said);
        Assert.Equal(before, File.ReadAllText(scene.ClientConfig));
    }

    [InteropFact]
    public void Of_a_name_that_leads_to_two_addresses_the_second_is_asked_when_the_first_is_silent()
    {
        using var scene = new EnrollmentScene();
        // Nobody has the first; both are as near, so that the system leaves their order.
        using var names = new NameServer(scene.Client.Namespace, scene.Server.Namespace, scene.Server.OuterAddress, IPAddress.Parse("10.77.0.3"), scene.Server.OuterAddress);
        scene.Serve();
        var joined = scene.Join($"vpn.example:{scene.Server.ListenPort}", scene.Open("--seconds", "600"), "--timeout", "8", "--no-start").EnsureSuccess();
        Assert.Contains("10.77.0.3 does not answer, trying 10.77.0.2", joined.Error);
        Assert.Equal($"vpn.example:{scene.Server.ListenPort}", scene.ClientValue("Endpoint"));
    }
}
