using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>Names of tunnels that `join` does not take, as they are somebody else's.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NameTests
{
    private const string ServerAt = "10.77.0.2:51822";

    [InteropFact]
    public void A_tunnel_that_runs_from_elsewhere_is_not_made_into_the_joined_one()
    {
        using var scene = new EnrollmentScene();
        using var elsewhere = new PrivateDirectory();
        var config = elsewhere.Write(scene.Client.Interface + ".conf", $"[Interface]\nPrivateKey = {scene.Client.Keys.PrivateKey}\n[Peer]\nPublicKey = {scene.Server.Keys.PublicKey}\nAllowedIPs = 10.99.0.0/24\n");
        scene.Serve();
        var code = scene.Open("--seconds", "600");
        scene.Client.Engine("up", config);
        AssertRefused(scene, code, config);
        Assert.False(Directory.Exists(Path.GetDirectoryName(scene.ClientConfig)) && Directory.EnumerateFiles(Path.GetDirectoryName(scene.ClientConfig)!).Any());
        Assert.Empty(scene.Status().Peers);

        // Also where the server was joined by this name before.
        scene.Client.Engine("down", scene.Client.Interface);
        scene.Join(ServerAt, code, "--no-start").EnsureSuccess();
        scene.Client.Engine("up", config);
        AssertRefused(scene, code, config);
        scene.Client.Engine("down", scene.Client.Interface);
        scene.Join(ServerAt, code).EnsureSuccess();
        scene.AssertReached();
    }

    [InteropFact]
    public void A_name_under_which_others_join_here_is_not_taken_running_or_not()
    {
        using var scene = new EnrollmentScene();
        var state = Path.Combine(Path.GetDirectoryName(scene.ClientConfig)!, "..", "state");
        scene.Client.Engine("serve", scene.Client.Interface, "--pool", "10.151.0.0/24", "--port", "51999");
        foreach (var isUp in new[] { true, false })
        {
            if (!isUp)
                scene.Client.Engine("down", scene.Client.Interface);
            var refused = scene.Join(ServerAt, "123456");
            Assert.Equal(5, refused.ExitCode);
            Assert.Contains($"{scene.Client.Interface} is a tunnel that others join", refused.Error);
            Assert.False(File.Exists(scene.ClientConfig));
        }

        // Nor by the way.
        Directory.CreateDirectory(Path.Combine(state, "wg0"));
        File.WriteAllText(Path.Combine(state, "wg0", "state"), "");
        Assert.DoesNotContain("wg0", Run(scene, "", "join", ServerAt, "--dry-run").EnsureSuccess().Output);
    }

    [InteropFact]
    public void A_dead_tunnel_of_another_name_that_takes_the_way_to_the_server_is_named()
    {
        using var scene = new EnrollmentScene();
        scene.Serve("--allowed-ip", "0.0.0.0/0");
        scene.Join(ServerAt, scene.Open()).EnsureSuccess();
        scene.Server.Engine("down", scene.Server.Interface);
        var silent = Run(scene, "123456", "join", ServerAt, "--name", "wgother", "--timeout", "1");
        Assert.Equal(6, silent.ExitCode);
        Assert.Contains($"`down {scene.Client.Interface}` first", silent.Error);
    }

    private static void AssertRefused(EnrollmentScene scene, string code, string config)
    {
        var refused = scene.Join(ServerAt, code);
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains($"runs already, as {config} says", refused.Error);
        Assert.Equal(scene.Server.Keys.PublicKey, Assert.Single(scene.Client.WgShow("peers"))[0]);
    }

    private static ProcessResult Run(EnrollmentScene scene, string code, params string[] words)
    {
        string[] command = [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, .. words];
        return scene.Client.Namespace.TryRun("sh", ["-c", "code=$1; shift; printf '%s\\n' \"$code\" | \"$@\"", "sh", code, .. command]);
    }
}
