using System.Runtime.Versioning;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

/// <summary>
/// What members of a control group may do. The tests' own process is the member: by its group, root not being named.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ControlGroupTests
{
    private const string Key = "4Jj2vzKDVPWbFkKgIdsVGWUmQX8WqKWYwMZzlpWjdFE=";
    private static readonly PublicKey s_peer = Keys.Numbered(1);

    public static TheoryData<string, string> Changes => new()
    {
        { ControlProtocol.Methods.PeerAdd, $$"""{"publicKey":"{{Keys.Numbered(2)}}"}""" },
        { ControlProtocol.Methods.PeerSet, $$"""{"publicKey":"{{s_peer}}","persistentKeepalive":3}""" },
        { ControlProtocol.Methods.PeerRemove, $$"""{"publicKey":"{{s_peer}}"}""" },
        { ControlProtocol.Methods.TunnelSync, """{"mode":"set","dryRun":true}""" },
        { ControlProtocol.Methods.TunnelSave, """{"dryRun":true}""" },
        { ControlProtocol.Methods.EnrollmentOpen, "{}" },
        { ControlProtocol.Methods.EnrollmentClose, "{}" },
        { ControlProtocol.Methods.EnrollmentApprove, """{"client":"laptop"}""" },
        { ControlProtocol.Methods.EnrollmentDeny, """{"client":"laptop"}""" },
        { ControlProtocol.Methods.EnrollmentInvite, "{}" },
        { ControlProtocol.Methods.EnrollmentRevokeInvite, """{"id":"00c0ffee12345678"}""" },
        { ControlProtocol.Methods.EnrollmentRevokePeer, $$"""{"publicKey":"{{s_peer}}"}""" },
        { ControlProtocol.Methods.EnrollmentReserve, """{"peerName":"laptop"}""" },
        { ControlProtocol.Methods.EnrollmentUnreserve, """{"peerName":"laptop"}""" },
        { ControlProtocol.Methods.TunnelStop, "{}" },
    };

    [RootFact]
    public async Task A_member_looks_at_everything_but_keys()
    {
        await using var fixture = Fixture(mayChange: false);
        using var client = await fixture.ConnectAsync();
        var tunnel = (await client.CallAsync(ControlProtocol.Methods.TunnelGet)).GetProperty("result").GetRawText();
        Assert.Contains(s_peer.ToString(), JsonSerializer.Deserialize(tunnel, ControlJsonContext.Default.TunnelInfo)!.Peers.Select(p => p.PublicKey));
        Assert.Contains("\"hasPresharedKey\":true", tunnel);
        Assert.DoesNotContain("rivateKey", tunnel);
        (await client.CallAsync(ControlProtocol.Methods.TunnelGet, """{"includeSecrets":true}""")).AssertError(ControlErrorCode.AccessDenied, "includeSecrets");
        Assert.True((await client.CallAsync(ControlProtocol.Methods.EngineStatus)).TryGetProperty("result", out _));
        Assert.True((await client.CallAsync(ControlProtocol.Methods.EventsSubscribe)).TryGetProperty("result", out _));
    }

    [Fact]
    public void Every_method_that_is_no_look_is_among_the_changes()
    {
        string[] looks = [ControlProtocol.Methods.TunnelGet, ControlProtocol.Methods.EngineStatus, ControlProtocol.Methods.EnrollmentStatus, ControlProtocol.Methods.EventsSubscribe, ControlProtocol.Methods.Greeting, ControlProtocol.Methods.Event];
        Assert.Equal(
            typeof(ControlProtocol.Methods).GetFields().Select(f => (string)f.GetRawConstantValue()!).Except(looks).Order(),
            Changes.Select(row => (string)row[0]).Order());
    }

    [RootFact]
    public async Task A_member_changes_nothing_and_is_told_so()
    {
        await using var fixture = Fixture(mayChange: false);
        using var client = await fixture.ConnectAsync();
        foreach (var row in Changes)
            (await client.CallAsync((string)row[0], (string)row[1])).AssertError(ControlErrorCode.AccessDenied);
        using var now = fixture.Device.Snapshot();
        Assert.Equal([s_peer], now.Peers.Select(p => p.PublicKey));
        Assert.Equal((0, 0, 0), (fixture.Context.StopRequests, fixture.Context.Wishes.Count, fixture.Context.Saves.Count));
    }

    [RootFact]
    public async Task A_member_who_may_change_does_and_still_sees_no_key()
    {
        await using var fixture = Fixture(mayChange: true);
        fixture.Context.Enrollment = new FakeEnrollmentControl();
        using var client = await fixture.ConnectAsync();
        foreach (var row in Changes)
            Assert.True((await client.CallAsync((string)row[0], (string)row[1])).TryGetProperty("result", out _), (string)row[0]);
        // The end comes after the answer.
        await Wait.UntilAsync(() => fixture.Context.StopRequests == 1);
        (await client.CallAsync(ControlProtocol.Methods.TunnelGet, """{"includeSecrets":true}""")).AssertError(ControlErrorCode.AccessDenied, "includeSecrets");
    }

    [RootFact]
    public async Task Uapi_gives_a_member_no_key_and_takes_no_change()
    {
        using var folder = new TestFolder();
        await using var server = Uapi(folder, mayChange: false);
        using var client = new SocketClient(server.SocketPath);
        var told = await client.AskAsync("get=1\n\n");
        Assert.Contains($"public_key={Convert.ToHexStringLower(s_peer.Span)}\npreshared_key={new string('0', 64)}\n", told);
        Assert.DoesNotContain("private_key", told);
        Assert.Equal("errno=-13\n\n", await client.AskAsync("set=1\nlisten_port=7\n\n"));
        Assert.DoesNotContain("listen_port=7", await client.AskAsync("get=1\n\n"));
        // Nor does anybody who may only look fill the memory.
        await client.SendAsync("set=1\n" + string.Concat(Enumerable.Repeat("fwmark=7\n", 10_000)));
        Assert.Equal("errno=-71\n\n", await client.ReadAnswerAsync());
    }

    [RootFact]
    public async Task Uapi_takes_changes_of_a_member_who_may()
    {
        using var folder = new TestFolder();
        await using var server = Uapi(folder, mayChange: true);
        using var client = new SocketClient(server.SocketPath);
        Assert.Equal("errno=0\n\n", await client.AskAsync("set=1\nlisten_port=7\n\n"));
        var told = await client.AskAsync("get=1\n\n");
        Assert.Contains("listen_port=7\n", told);
        Assert.DoesNotContain("private_key", told);
    }

    [RootFact]
    public async Task A_line_without_end_of_who_may_only_look_is_cut_off_early()
    {
        await using var fixture = Fixture(mayChange: false);
        using var client = await fixture.ConnectAsync();
        await client.SendAsync(new string(' ', 100_000));
        (await client.ReadJsonAsync()).AssertError(ControlErrorCode.InvalidRequest);
    }

    [RootFact("setpriv", "perl")]
    public async Task The_socket_is_the_groups_the_directory_can_be_entered_and_a_supplementary_group_counts()
    {
        using var folder = new TestFolder();
        const UnixFileMode Enter = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder.Root, Enter);
        await using var server = new ControlServer(new FakeDeviceControl(), new FakeTunnelContext(), new ControlServerOptions { Directory = folder.Sockets, Access = PeerCredentials.RootAndSelf(new ControlGroup(4711, MayChange: false)) });
        server.Start();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(server.SocketPath));
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(folder.Sockets)); // 0755

        const string Greeting = "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) or die; connect(S, sockaddr_un($ARGV[0])) or die \"connect: $!\"; print scalar <S>;";
        var many = string.Join(',', Enumerable.Range(5000, 100));
        foreach (var groups in new[] { "4711", $"{many},4711" })
            Assert.Contains("\"greeting\"", Programs.Run("setpriv", "--reuid=65534", "--regid=65534", $"--groups={groups}", "perl", "-e", Greeting, server.SocketPath).Output);
        Assert.Contains("Permission denied", Programs.Run("setpriv", "--reuid=65534", "--regid=65534", $"--groups={many}", "perl", "-e", Greeting, server.SocketPath).Errors);
        // Whatever becomes of the modes.
        File.SetUnixFileMode(server.SocketPath, (UnixFileMode)0x1FF);
        Assert.Contains("-32006", Programs.Run("setpriv", "--reuid=65534", "--regid=65534", $"--groups={many}", "perl", "-e", Greeting, server.SocketPath).Output);
    }

    [RootFact("setpriv", "perl")]
    public async Task Members_cannot_keep_root_out()
    {
        using var folder = new TestFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0x1ED);
        await using var server = new ControlServer(new FakeDeviceControl(), new FakeTunnelContext(), new ControlServerOptions
        {
            Directory = folder.Sockets,
            Access = PeerCredentials.RootAndSelf(new ControlGroup(4711, MayChange: false)),
            Limits = new SocketServerLimits { MaxConnections = 6 },
        });
        server.Start();
        // Subscribers are not sent away for others.
        const string Crowd = "use Socket; $| = 1; for (1..8) { my $s; socket($s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, sockaddr_un($ARGV[0])) or die; " +
            "<$s>; syswrite($s, '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}' . \"\\n\"); print(defined(<$s>) ? \"in\\n\" : \"out\\n\"); push @s, $s } <STDIN>;";
        var start = new System.Diagnostics.ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--groups=4711", "perl", "-e", Crowd, server.SocketPath]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var crowd = System.Diagnostics.Process.Start(start)!;
        var answers = new List<string?>();
        for (var i = 0; i < 8; i++)
            answers.Add(await crowd.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(["in", "in", "in", "out", "out", "out", "out", "out"], answers);
        using var roots = new SocketClient(server.SocketPath);
        Assert.Contains("greeting", await roots.ReadLineAsync());
        crowd.StandardInput.Close();
        await crowd.WaitForExitAsync();
    }

    private static ControlFixture Fixture(bool mayChange)
    {
        var fixture = new ControlFixture(options => options with { Access = new AccessPolicy([], new ControlGroup(0, mayChange)) });
        WithKeys(fixture.Device);
        return fixture;
    }

    private static UapiServer Uapi(TestFolder folder, bool mayChange)
    {
        var server = new UapiServer(WithKeys(new FakeDeviceControl()), new UapiServerOptions { Tunnel = "wg0", Directory = folder.Sockets, Access = new AccessPolicy([], new ControlGroup(0, mayChange)) });
        server.Start();
        return server;
    }

    private static FakeDeviceControl WithKeys(FakeDeviceControl device)
    {
        using var change = new DeviceChange { PrivateKey = SecretKey.Parse(Key), Peers = [new PeerChange { PublicKey = s_peer, PresharedKey = SecretKey.Random() }] };
        device.Apply(change);
        return device;
    }
}
