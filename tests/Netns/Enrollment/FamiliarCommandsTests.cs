using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>
/// What the README of RustGuard, whose serve and join these verbs are after, does in its two modes, line by line. Theirs has one server of a machine,
/// ours names the tunnel; theirs has a token that is good for ever, ours a code of one window.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class FamiliarCommandsTests
{
    private const string ServerAt = "10.77.0.2:51822";

    [InteropFact]
    public void A_network_without_a_file_or_a_key_carried_by_hand()
    {
        using var scene = new EnrollmentScene { Pool = "10.150.0.0/24" };
        var tunnel = scene.Server.Interface;

        // serve --pool 10.150.0.0/24 --token ... --port 51820; also --queues 2. Nobody can join yet.
        scene.Server.Engine("serve", tunnel, "--pool", "10.150.0.0/24", "--port", $"{scene.Server.ListenPort}", "--queues", "2");
        Assert.Equal(6, scene.Join(ServerAt, "123456", "--timeout", "1").ExitCode);
        Assert.StartsWith($"{tunnel}: 0 peers, no window open\n", scene.Server.Engine("status", tunnel).Output);

        // open 60, which others may follow; status shows that it is open.
        string[] command = [.. scene.Server.EngineLauncher, InteropRequirement.Engine!, "open", tunnel, "--seconds", "60"];
        using var open = scene.Server.Namespace.Start(command[0], command[1..]);
        var code = open.StandardOutput.ReadLine()!["Code: ".Length..];
        Assert.Matches($"^{tunnel}: 0 peers, a window is open for [0-9]+ s, 0 joined, 3 wrong guesses left\n", scene.Server.Engine("status", tunnel).Output);

        // join 1.2.3.4:51820 --token ...: the server has the first address, clients those that follow. No file, key or address by hand.
        scene.Join(ServerAt, code).EnsureSuccess();
        Assert.Equal("10.150.0.2/24", scene.ClientValue("Address"));
        Eventually.True(() => scene.Ping("10.150.0.1").ExitCode == 0, "the server is reached");

        // close: at once, and who is in stays in. status shows the peers.
        Assert.Equal("The window is closed.\n", scene.Server.Engine("close", tunnel).Output);
        open.WaitForExit();
        Assert.Equal(0, open.ExitCode);
        var late = scene.Join(ServerAt, code, "--timeout", "1");
        Assert.True(late.ExitCode == 6, late.Error);
        Assert.Equal(0, scene.Ping("10.150.0.1").ExitCode);
        Assert.Matches($"^{tunnel}: 1 peer, no window open\n", scene.Server.Engine("status", tunnel).Output);

        // The window closes by itself, too.
        scene.Open("--seconds", "10");
        Eventually.True(() => scene.Status().Window is null, "the window closes by itself");

        // Peers and addresses survive a restart.
        scene.Server.Engine("down", tunnel);
        scene.Server.Engine("serve", tunnel);
        Assert.Equal(["10.150.0.2/24"], Assert.Single(scene.Status().Peers).Addresses);
        Eventually.True(() => scene.Ping("10.150.0.1").ExitCode == 0, "the server is reached again");
    }

    [InteropFact]
    public void A_file_as_ever_and_keys()
    {
        var (one, two) = Host.Pair();
        using (one)
        using (two)
        using (var folder = new PrivateDirectory())
        {
            // genkey, and genkey | pubkey.
            var key = one.Engine("genkey").Output.Trim();
            Assert.Matches("^[A-Za-z0-9+/]{43}=$", key);
            var made = one.Namespace.Run("sh", ["-c", "\"$0\" genkey | \"$0\" pubkey", InteropRequirement.Engine!]).Output.Trim();
            Assert.Matches("^[A-Za-z0-9+/]{43}=$", made);

            // up /etc/wireguard/wg0.conf.
            one.Engine("up", folder.Write(one.Interface + ".conf", one.ConfigFor(two, withEndpoint: true)));
            two.Engine("up", folder.Write(two.Interface + ".conf", two.ConfigFor(one, withEndpoint: true)));
            one.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "3", "-w", "20", two.InnerIPv4.ToString());
            one.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "3", "-w", "20", two.InnerIPv6.ToString());
            one.Engine("down", one.Interface);
            two.Engine("down", two.Interface);
        }
    }
}
