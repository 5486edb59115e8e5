using System.Diagnostics;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Tests.Binding;

public sealed class ConfigCheckTests : IDisposable
{
    private const string Good = $"[Interface]\nPrivateKey = {Keys.Private}\nListenPort = 51820\n[Peer]\nPublicKey = {Keys.Peer}\nAllowedIPs = 10.0.0.2/32\n";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_sound_file_has_no_errors()
    {
        var path = _directory.Write("wg0.conf", Good);

        Assert.DoesNotContain(ConfigCheck.Check(path), d => d.Severity == ConfigSeverity.Error);
        ConfigCheck.Validate(path, allowHooks: false);
    }

    [Fact]
    public void A_broken_file_names_its_lines()
    {
        var path = _directory.Write("wg0.conf", Good + "Colour = blue\n");

        Assert.Contains(ConfigCheck.Check(path), d => d is { Severity: ConfigSeverity.Error, Line: 7 });
        var exception = Refused(ErrorIds.ConfigInvalid, path);
        Assert.Contains("wg0.conf:7", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Private, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hooks_are_warnings_until_they_are_allowed()
    {
        var path = _directory.Write("wg0.conf", Good.Replace("[Peer]", "PostUp = true\n[Peer]", StringComparison.Ordinal));

        Assert.Contains(ConfigCheck.Check(path), d => d is { Severity: ConfigSeverity.Warning, Id: "HookNotRun" });
        Assert.Contains(ConfigCheck.Validate(path, allowHooks: false), d => d.Id == "HookNotRun");
        Assert.DoesNotContain(ConfigCheck.Validate(path, allowHooks: true), d => d.Id == "HookNotRun");
    }

    [Fact]
    public void A_peer_that_is_the_tunnel_itself_is_warned_of()
    {
        var path = _directory.Write("wg0.conf", Good + $"[Peer]\nPublicKey = {Keys.PrivatesPublic}\n");

        var doubt = Assert.Single(ConfigCheck.Check(path, _ => PublicKey.Parse(Keys.PrivatesPublic)), d => d.Id == "OwnPublicKey");
        Assert.Equal((ConfigSeverity.Warning, 8, 13), (doubt.Severity, doubt.Line, doubt.Column));
        Assert.DoesNotContain(ConfigCheck.Check(path, _ => PublicKey.Parse(Keys.OtherPeer)), d => d.Id == "OwnPublicKey");
        Assert.DoesNotContain(ConfigCheck.Check(path, _ => null), d => d.Id == "OwnPublicKey");
    }

    [Fact]
    public void Each_error_of_a_file_is_told_by_itself()
    {
        var path = _directory.Write("wg0.conf", Good + "Colour = blue\nShape = round\n");

        var each = Refused(ErrorIds.ConfigInvalid, path).Each().ToList();
        Assert.Equal(2, each.Count);
        Assert.All(each, error => Assert.Equal(ErrorIds.ConfigInvalid, error.ErrorId));
        Assert.Contains("wg0.conf:7", each[0].Message, StringComparison.Ordinal);
        Assert.Contains("wg0.conf:8", each[1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/x/wg0.conf:3:1: warning: A.", "/x/wg0.conf:3:1: A.")]
    [InlineData("(text): warning: says warning: twice", "(text): says warning: twice")]
    [InlineData("nothing of it", "nothing of it")]
    public void A_warning_does_not_say_twice_that_it_is_one(string told, string shown) => Assert.Equal(shown, ConfigCheck.WithoutSeverity(told));

    [Theory]
    [InlineData("wg0", false)]
    [InlineData("site-*", false)]
    [InlineData("./wg0.conf", true)]
    [InlineData("*.conf", true)]
    [InlineData("/etc/wireguard/*", true)]
    [InlineData("./wg0", true)]
    public void A_path_is_no_name_of_tunnels(string text, bool isPath) => Assert.Equal(isPath, ConfigCheck.IsPath(text));

    [Fact]
    public void A_missing_file_and_a_folder_are_not_found()
    {
        Refused(ErrorIds.ConfigNotFound, Path.Combine(_directory.Path, "none.conf"));
        Refused(ErrorIds.ConfigNotFound, _directory.Path);
    }

    [Fact]
    public async Task A_pipe_is_refused_and_not_opened()
    {
        var path = Path.Combine(_directory.Path, "wg0.conf");
        using var maker = Process.Start("mkfifo", [path]);
        maker.WaitForExit();
        Assert.Equal(0, maker.ExitCode);
        var checking = Task.Factory.StartNew(() => ConfigCheck.Check(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (await Task.WhenAny(checking, Task.Delay(TimeSpan.FromSeconds(20))) != checking)
        {
            using var writer = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            Assert.Fail("The check waits for a writer.");
        }

        Assert.Equal("FileUnreadable", Assert.Single(await checking).Id);
        Assert.Contains("not a regular file", Refused(ErrorIds.ConfigInvalid, path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/etc/wireguard/wg0.conf", "wg0")]
    [InlineData("site-a.b.conf", "site-a.b")]
    public void The_tunnel_is_named_after_its_file(string path, string name) => Assert.Equal(name, ConfigCheck.TunnelOf(path));

    [Theory]
    [InlineData("wg0.txt")]
    [InlineData(".conf")]
    [InlineData("a name.conf")]
    [InlineData("sixteen-letters-.conf")]
    public void Other_names_are_refused(string path) =>
        Assert.Equal(ErrorIds.InvalidTunnelName, Assert.Throws<WgException>(() => ConfigCheck.TunnelOf(path)).ErrorId);

    [Theory]
    [InlineData("wg0")]
    [InlineData("site-a.b")]
    [InlineData("wg0.conf")]
    [InlineData("./wg0")]
    [InlineData("/etc/wireguard/wg0.conf")]
    [InlineData("sixteen-letters-")]
    public void A_name_is_what_the_engine_takes_for_one(string text) =>
        Assert.Equal(ConfigLocation.Resolve(text).Path == ConfigCheck.PathOf(text), ConfigCheck.IsName(text));

    private static WgException Refused(string errorId, string path)
    {
        var exception = Assert.Throws<WgException>(() => ConfigCheck.Validate(path, allowHooks: false));
        Assert.Equal(errorId, exception.ErrorId);
        return exception;
    }
}
