using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>A tunnel that members of a group look at, and change, with wg(8) and our own verbs, as another user than root.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ControlGroupTests
{
    private const string Group = "54321";

    [InteropFact]
    public void Members_see_the_tunnel_with_wg_and_show_and_no_key_and_change_nothing()
    {
        var presharedKey = TestKeys.CreatePresharedKey();
        using var pair = new EnginePair(presharedKey);
        pair.Up(pair.One, "--control-group", Group);
        pair.Up(pair.Two);
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        var (one, peer) = (pair.One, pair.Two.Keys.PublicKey);

        foreach (var shown in new[] { AsMember(one, "wg", "show", one.Interface).Output, AsMember(one, "wg", "show").Output, AsMember(one, "wg", "showconf", one.Interface).Output, AsMember(one, InteropRequirement.Engine!, "show").Output })
        {
            Assert.Contains(peer, shown);
            Assert.Contains(pair.Two.OuterEndpoint(overIPv6: false), shown);
            Assert.DoesNotContain(one.Keys.PrivateKey, shown);
            Assert.DoesNotContain(presharedKey, shown);
        }

        Assert.Equal("(none)\n", AsMember(one, "wg", "show", one.Interface, "private-key").Output);
        Assert.Equal($"{peer}\t(none)\n", AsMember(one, "wg", "show", one.Interface, "preshared-keys").Output);
        Assert.Contains("Permission denied", AsMember(one, "wg", "set", one.Interface, "listen-port", "4000").Error);
        foreach (var verb in new[] { "down", "save" })
            Assert.Contains("may look at this tunnel, and not change it", AsMember(one, InteropRequirement.Engine!, verb, one.Interface).Error);
        Assert.Contains("may look at this tunnel", AsMember(one, InteropRequirement.Engine!, "sync", WorldReadable(pair), "--name", one.Interface, "--dry-run").Error);
        Assert.Equal([$"{one.ListenPort}"], one.WgShow("listen-port")[0]);

        // Who is no member sees nothing, nor does anybody see the log or what is to be undone.
        Assert.Contains("Permission denied", AsUser(one, "54322", "wg", "show", one.Interface).Error);
        Assert.NotEqual(0, AsUser(one, "54322", InteropRequirement.Engine!, "show", one.Interface).ExitCode);
        Assert.Contains("Permission denied", AsMember(one, "cat", Path.ChangeExtension(one.ControlSocket, ".log")).Error);
        // And the other tunnel is root's alone, though its socket lies beside.
        Assert.Contains("Permission denied", AsMember(pair.Two, "wg", "show", pair.Two.Interface).Error);

        one.Engine("down", one.Interface);
        one.AssertNothingLeft();
    }

    [InteropFact]
    public void Members_who_may_change_it_do_and_end_it()
    {
        using var pair = new EnginePair();
        pair.Up(pair.One, "--control-group", Group, "--control-group-write");
        var one = pair.One;
        AsMember(one, "wg", "set", one.Interface, "listen-port", "4000", "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9").EnsureSuccess();
        Assert.Equal(["4000"], one.WgShow("listen-port")[0]);
        Assert.Equal("(none)\n", AsMember(one, "wg", "show", one.Interface, "private-key").Output);
        AsMember(one, InteropRequirement.Engine!, "down", one.Interface);
        one.AssertNothingLeft();
    }

    [InteropFact]
    public void A_group_that_is_not_there_ends_the_start()
    {
        using var pair = new EnginePair();
        var failed = pair.One.TryEngine("up", pair.ConfigOne, "--control-group", "no-such-group");
        Assert.Equal(2, failed.ExitCode);
        Assert.Contains("There is no group `no-such-group`.", failed.Error);
        pair.One.AssertNothingLeft();
    }

    private static string WorldReadable(EnginePair pair)
    {
        var path = Path.Combine(Path.GetDirectoryName(pair.ConfigOne)!, "readable.conf");
        File.WriteAllText(path, "[Interface]\n");
        const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(path, Readable);
        File.SetUnixFileMode(Path.GetDirectoryName(path)!, Readable | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return path;
    }

    private static ProcessResult AsMember(Host host, params string[] command) => AsUser(host, Group, command);

    private static ProcessResult AsUser(Host host, string group, params string[] command) =>
        host.Namespace.TryRun("setpriv", ["--reuid=65534", "--regid=65534", $"--groups={group}", "--no-new-privs", .. command]);
}
