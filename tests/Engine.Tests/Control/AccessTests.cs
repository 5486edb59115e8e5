using System.Runtime.Versioning;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

public sealed class AccessTests
{
    // Connects, prints what comes until the other side hangs up.
    private const string Client = "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) or die; connect(S, sockaddr_un($ARGV[0])) or die \"connect: $!\"; print while <S>;";

    [Theory]
    [InlineData(0, 9, ClientAccess.Full)]
    [InlineData(1000, 7, ClientAccess.Full)]
    [InlineData(1234, 50, ClientAccess.Read)]
    [InlineData(1234, 9, ClientAccess.None)]
    [InlineData(50, 1000, ClientAccess.None)]
    [InlineData(1234, 9, ClientAccess.Read, 7, 50)]
    [InlineData(1234, 9, ClientAccess.None, 7, 51)]
    public void A_policy_knows_users_and_members_of_a_group(uint user, uint group, ClientAccess expected, params int[] others)
    {
        var client = new PeerCredentials(1, user, group);
        uint[] supplementary = [.. others.Select(other => (uint)other)];
        Assert.Equal(expected, new AccessPolicy([0, 1000], new ControlGroup(50, MayChange: false)).Of(client, () => supplementary));
        Assert.Equal(expected == ClientAccess.Read ? ClientAccess.Change : expected, new AccessPolicy([0, 1000], new ControlGroup(50, MayChange: true)).Of(client, () => supplementary));
        Assert.Equal(expected == ClientAccess.Full ? ClientAccess.Full : ClientAccess.None, new AccessPolicy([0, 1000]).Of(client, () => supplementary));
    }

    [Fact]
    public async Task Nobody_is_let_in_whom_the_policy_does_not_name()
    {
        await using var fixture = new ControlFixture(options => options with { Access = new AccessPolicy([]) });
        using var client = fixture.ConnectRaw();
        (await client.ReadJsonAsync()).AssertError(WireGuard.Api.ControlErrorCode.AccessDenied);
        Assert.Null(await client.ReadLineAsync());
        Assert.Equal(0, fixture.Server.ConnectionCount);
    }

    [RootFact("setpriv", "perl")]
    [SupportedOSPlatform("linux")]
    public async Task Another_user_is_refused_by_the_modes_and_by_credentials_when_the_modes_were_loosened()
    {
        await using var fixture = new ControlFixture();
        var path = fixture.Server.SocketPath;
        Assert.Contains("Permission denied", RunAsNobody(path).Errors);

        const UnixFileMode EnterOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(Path.GetDirectoryName(path)!, EnterOnly);
        File.SetUnixFileMode(Path.GetDirectoryName(Path.GetDirectoryName(path))!, EnterOnly);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        var (_, output, errors) = RunAsNobody(path);
        Assert.Equal("", errors);
        Assert.StartsWith("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32006,", output);
        Assert.Contains("user 65534", string.Join('\n', fixture.Log.Lines));
        using var root = await fixture.ConnectAsync();
    }

    [RootFact("setpriv", "perl")]
    [SupportedOSPlatform("linux")]
    public async Task Another_user_gets_nothing_from_uapi()
    {
        using var folder = new TestFolder();
        await using var server = new UapiServer(new FakeDeviceControl(), new UapiServerOptions { Tunnel = "wg0", Directory = folder.Sockets });
        server.Start();
        const UnixFileMode Everything = (UnixFileMode)0x1FF;
        File.SetUnixFileMode(folder.Root, Everything);
        File.SetUnixFileMode(folder.Sockets, Everything);
        File.SetUnixFileMode(server.SocketPath, Everything);
        Assert.Equal((0, "", ""), RunAsNobody(server.SocketPath));
    }

    private static (int ExitCode, string Output, string Errors) RunAsNobody(string path) =>
        Programs.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", Client, path);
}
