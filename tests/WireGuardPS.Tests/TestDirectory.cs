using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests;

/// <summary>A directory of control sockets with fake servers in it, gone at the end of the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    private readonly List<FakeControlServer> _servers = [];

    // Short: the path of a socket has room for 108 bytes.
    internal string Path { get; } = Directory.CreateTempSubdirectory("wgt").FullName;

    internal TunnelDirectory Tunnels => new(Path);

    internal static EngineTimeouts Patient => new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60));

    internal static EngineTimeouts Impatient => new(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200));

    internal FakeControlServer Serve(string name, FakeBehavior behavior = FakeBehavior.Normal, params PeerInfo[] peers)
    {
        var info = new TunnelInfo { Name = name, Backend = "userspace", IsUp = true, Mtu = 1420, PrivateKey = Keys.Private, Peers = peers };
        var server = new FakeControlServer(Tunnels.SocketPath(name), new FakeTunnel(info), behavior);
        _servers.Add(server);
        return server;
    }

    internal Task<EngineClient> ConnectAsync(string name, EngineTimeouts? timeouts = null) =>
        Tunnels.ConnectAsync(name, timeouts ?? Patient, CancellationToken.None);

    internal string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>A socket file that nobody listens on any more.</summary>
    internal void LeaveBehind(string name)
    {
        var endPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(Tunnels.SocketPath(name) + ".new");
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(endPoint);

        // .NET deletes the file that it bound when it closes the socket.
        File.Move(Tunnels.SocketPath(name) + ".new", Tunnels.SocketPath(name));
    }

    public void Dispose()
    {
        _servers.ForEach(s => s.Dispose());
        Directory.Delete(Path, recursive: true);
    }
}

/// <summary>Keys of wg(8)'s manual page and of RFC 7748, section 6.1.</summary>
internal static class Keys
{
    internal const string Private = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    internal const string PrivatesPublic = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    internal const string Peer = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    internal const string OtherPeer = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=";
}
