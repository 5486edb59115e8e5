using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>
/// The only name server of a namespace, which takes every question and answers none: the system's resolver waits. `ip
/// netns exec` puts /etc/netns/NAME/resolv.conf in the place of the machine's.
/// </summary>
internal sealed class SilentNameServer : IDisposable
{
    private const int Port = 53;

    private readonly Socket _socket;
    private readonly DirectoryInfo _directory;

    public SilentNameServer(NetworkNamespace netns)
        : this(netns, netns, IPAddress.Loopback)
    {
    }

    /// <param name="netns">Where it is asked.</param>
    /// <param name="home">Where it runs.</param>
    /// <param name="address">One of its home's, which those who ask reach.</param>
    public SilentNameServer(NetworkNamespace netns, NetworkNamespace home, IPAddress address)
    {
        _socket = home.Invoke(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, Port));
            return socket;
        });
        _directory = Directory.CreateDirectory($"/etc/netns/{netns.Name}");
        File.WriteAllText(Path.Combine(_directory.FullName, "resolv.conf"), $"nameserver {address}\noptions timeout:30 attempts:5\n");
    }

    /// <summary>Waits until somebody asks.</summary>
    public void AwaitQuestion() => _socket.Receive(new byte[512]);

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Delete(recursive: true);
        if (_directory.Parent is { } parent && !parent.EnumerateFileSystemInfos().Any())
            parent.Delete();
    }
}
