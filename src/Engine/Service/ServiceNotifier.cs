using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace WireGuard.Engine.Service;

/// <summary>
/// Tells the service manager that started this process how it does, as sd_notify(3) does: datagrams to the socket that
/// NOTIFY_SOCKET names. Without one it says nothing. Any thread.
/// </summary>
internal sealed class ServiceNotifier : IDisposable
{
    public const string Variable = "NOTIFY_SOCKET";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Socket? _socket;

    private ServiceNotifier(Socket? socket) => _socket = socket;

    /// <summary>The variable is taken: what this process starts has nothing to tell.</summary>
    public static ServiceNotifier FromEnvironment()
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return new ServiceNotifier(path is ['/' or '@', _, ..] ? Connect(path) : null);
    }

    public void Ready(string tunnel) => Send($"READY=1\nSTATUS={tunnel} is up");

    /// <summary>It is brought to another configuration; <see cref="Ready"/> follows.</summary>
    public void Reloading() =>
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={System.Diagnostics.Stopwatch.GetTimestamp() / (System.Diagnostics.Stopwatch.Frequency / 1_000_000)}"));

    public void Stopping(string why) => Send($"STOPPING=1\nSTATUS=ending: {why}");

    /// <summary>What a start waits for.</summary>
    public void Status(string text) => Send($"STATUS={text}");

    public void Dispose() => _socket?.Dispose();

    private static Socket? Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = (int)s_patience.TotalMilliseconds };
        try
        {
            // '@' stands for the zero that an abstract name begins with.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            return socket;
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            // A manager that does not listen is none.
            socket.Dispose();
            return null;
        }
    }

    private void Send(string text)
    {
        try
        {
            // A line feed would begin another word.
            _socket?.Send(Encoding.UTF8.GetBytes(text.Replace('\r', ' ')));
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // It is gone, or does not listen; the tunnel goes on.
        }
    }
}
