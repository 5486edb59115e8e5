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
    private readonly Lock _telling = new();
    private bool _isUp;

    private ServiceNotifier(Socket? socket) => _socket = socket;

    /// <summary>The variable is taken: what this process starts has nothing to tell.</summary>
    public static ServiceNotifier FromEnvironment()
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return new ServiceNotifier(path is ['/' or '@', _, ..] ? Connect(path) : null);
    }

    /// <summary>A manager has started this process, and will end it.</summary>
    public bool IsThere => _socket is not null;

    public void Ready(string tunnel)
    {
        lock (_telling)
        {
            _isUp = true;
            Send($"READY=1\nSTATUS={tunnel} is up");
        }
    }

    /// <summary>It is brought to another configuration; <see cref="Reloaded"/> follows. A hook may do so in the middle of a start or of the end, which go on.</summary>
    public void Reloading()
    {
        lock (_telling)
        {
            if (_isUp)
                Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={System.Diagnostics.Stopwatch.GetTimestamp() / (System.Diagnostics.Stopwatch.Frequency / 1_000_000)}"));
        }
    }

    public void Reloaded(string tunnel)
    {
        lock (_telling)
        {
            if (_isUp)
                Send($"READY=1\nSTATUS={tunnel} is up");
        }
    }

    public void Stopping(string why)
    {
        lock (_telling)
        {
            _isUp = false;
            Send($"STOPPING=1\nSTATUS=ending: {why}");
        }
    }

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
