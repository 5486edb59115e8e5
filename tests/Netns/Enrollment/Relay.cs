using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Enrollment;

/// <summary>
/// Somebody between client and server who may do what he likes with each datagram: the function gets it and gives what is sent on in its
/// place, each to whom it says.
/// </summary>
internal sealed class Relay : IDisposable
{
    private const int Poll = 100_000;

    private readonly Func<Passing, IEnumerable<Passing>> _treat;
    private readonly IPEndPoint _server;
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly Thread[] _threads;
    private readonly Lock _lock = new();
    private IPEndPoint? _client;
    private volatile bool _isStopping;

    /// <param name="host">Where clients find it; its sockets are there.</param>
    public Relay(NetworkNamespace host, IPEndPoint at, IPEndPoint server, Func<Passing, IEnumerable<Passing>> treat)
    {
        (_treat, _server) = (treat, server);
        (_near, _far) = host.Invoke(() =>
        {
            var near = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            near.Bind(at);
            var far = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            far.Bind(new IPEndPoint(IPAddress.Any, 0));
            return (near, far);
        });
        _threads = [Start(_near, toServer: true), Start(_far, toServer: false)];
    }

    /// <summary>A datagram on its way.</summary>
    public sealed record Passing(byte[] Datagram, bool ToServer)
    {
        /// <summary>Of an enrollment's message, else null.</summary>
        public byte? Kind => Datagram is [0x65, var kind, ..] ? kind : null;
    }

    /// <summary>Loses each fifth, both ways.</summary>
    public static Func<Passing, IEnumerable<Passing>> LosesAFifth()
    {
        var counts = new int[2];
        return passing => ++counts[passing.ToServer ? 0 : 1] % 5 == 2 ? [] : [passing];
    }

    public void Dispose()
    {
        _isStopping = true;
        foreach (var thread in _threads)
            thread.Join();
        _near.Dispose();
        _far.Dispose();
    }

    private Thread Start(Socket socket, bool toServer)
    {
        var thread = new Thread(() => Run(socket, toServer)) { IsBackground = true, Name = "relay" };
        thread.Start();
        return thread;
    }

    private void Run(Socket socket, bool toServer)
    {
        var buffer = new byte[65_535];
        while (!_isStopping)
        {
            try
            {
                if (!socket.Poll(Poll, SelectMode.SelectRead))
                    continue;
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                var length = socket.ReceiveFrom(buffer, ref from);
                lock (_lock)
                {
                    if (toServer)
                        _client = (IPEndPoint)from;
                    foreach (var passing in _treat(new Passing(buffer[..length], toServer)))
                        Send(passing);
                }
            }
            catch (SocketException)
            {
                // Nobody listens there just now.
            }
        }
    }

    private void Send(Passing passing)
    {
        if (passing.ToServer)
            _far.SendTo(passing.Datagram, _server);
        else if (_client is { } client)
            _near.SendTo(passing.Datagram, client);
    }
}
