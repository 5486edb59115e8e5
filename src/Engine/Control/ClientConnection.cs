using System.Net.Sockets;

namespace WireGuard.Engine.Control;

/// <summary>
/// One client of a socket server. Receiving and sending each have a deadline, so that a client that hangs costs its own
/// connection only. One receiver and one sender at a time.
/// </summary>
internal sealed class ClientConnection : IAsyncDisposable
{
    // A deadline is for this much: a client on the move may take its time over a long answer.
    private const int SendChunk = 64 * 1024;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly TimeSpan _sendTimeout;
    private readonly CancellationTokenSource _abort = new();
    private readonly ITimer _receiveDeadline;
    private readonly ITimer _sendDeadline;
    private long _idleSince;

    internal ClientConnection(Socket socket, PeerCredentials client, ClientAccess access, TimeProvider time, TimeSpan sendTimeout)
    {
        _socket = socket;
        Client = client;
        Access = access;
        _time = time;
        _sendTimeout = sendTimeout;
        _idleSince = time.GetTimestamp();
        _receiveDeadline = time.CreateTimer(_ => Abort(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _sendDeadline = time.CreateTimer(_ => Abort(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal PeerCredentials Client { get; }

    internal ClientAccess Access { get; }

    internal CancellationToken Aborted => _abort.Token;

    /// <summary>The server may close it in favour of a new client while it waits between two requests.</summary>
    internal bool IsEvictable { get; set; } = true;

    /// <summary>Timestamp of the last sign of life; null while a request is being received or worked on.</summary>
    internal long? IdleSince => Volatile.Read(ref _idleSince) is var since and not 0 ? since : null;

    /// <summary>Breaks off whatever is under way; any thread, returns at once.</summary>
    internal void Abort() => _ = _abort.CancelAsync();

    /// <summary>Waits for the beginning of a request, without limit of time. 0: the client has closed.</summary>
    internal async ValueTask<int> ReceiveFirstAsync(Memory<byte> buffer)
    {
        Volatile.Write(ref _idleSince, _time.GetTimestamp());
        try
        {
            return await _socket.ReceiveAsync(buffer, _abort.Token);
        }
        finally
        {
            Volatile.Write(ref _idleSince, 0);
        }
    }

    /// <summary>Waits for more of a request that has begun; a client that stalls is cut off.</summary>
    internal async ValueTask<int> ReceiveMoreAsync(Memory<byte> buffer, TimeSpan timeout)
    {
        _receiveDeadline.Change(timeout, Timeout.InfiniteTimeSpan);
        try
        {
            return await _socket.ReceiveAsync(buffer, _abort.Token);
        }
        finally
        {
            _receiveDeadline.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                _sendDeadline.Change(_sendTimeout, Timeout.InfiniteTimeSpan);
                var sent = await _socket.SendAsync(bytes[..Math.Min(bytes.Length, SendChunk)], _abort.Token);
                bytes = bytes[sent..];
            }
        }
        finally
        {
            _sendDeadline.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A last word to a client that is turned away; it fits an empty socket buffer, or is lost.</summary>
    internal void SendWithoutWaiting(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _socket.Blocking = false;
            _socket.Send(bytes);
        }
        catch (SocketException)
        {
            // It is gone already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        await _receiveDeadline.DisposeAsync();
        await _sendDeadline.DisposeAsync();
        _socket.Dispose();
    }
}
