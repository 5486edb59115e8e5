using System.Collections.Concurrent;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Control;

/// <summary>Bounds of a socket server; the defaults are for production, tests make them small.</summary>
public sealed record SocketServerLimits
{
    public int MaxConnections { get; init; } = 64;

    /// <summary>For the rest of a request that has begun, per piece received.</summary>
    public TimeSpan ReceiveTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a client to take 64 KiB of an answer.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// Accepts clients, checks who they are, bounds their number and runs one task for each. What is spoken is the
/// derived class's matter.
/// </summary>
public abstract class SocketServer : IAsyncDisposable
{
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly UnixSocketListener _listener;
    private readonly AccessPolicy _access;
    private readonly ConcurrentDictionary<ClientConnection, Task> _clients = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;
    private int _disposed;

    private protected SocketServer(UnixSocketListener listener, AccessPolicy? access, SocketServerLimits limits, TimeProvider time, EngineLog log)
    {
        _listener = listener;
        _access = access ?? PeerCredentials.RootAndSelf();
        Limits = limits;
        Time = time;
        Log = log;
    }

    public string SocketPath => _listener.Path;

    public int ConnectionCount => _clients.Count;

    /// <summary>Of these, how many wait between two requests.</summary>
    public int IdleConnectionCount => _clients.Keys.Count(client => client.IdleSince is not null);

    /// <inheritdoc cref="UnixSocketListener.SocketFileRemoved"/>
    public event Action? SocketFileRemoved
    {
        add => _listener.SocketFileRemoved += value;
        remove => _listener.SocketFileRemoved -= value;
    }

    private protected SocketServerLimits Limits { get; }

    private protected TimeProvider Time { get; }

    private protected EngineLog Log { get; }

    /// <summary>Begins to serve; clients that connected before wait in the socket's queue.</summary>
    public virtual void Start()
    {
        _listener.Watch(Time);
        _accepting = AcceptAsync();
    }

    /// <summary>Closes the socket, removes its file, breaks off every client and waits until they are gone.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var client in _clients.Keys)
            client.Abort();
        await Task.WhenAll(_clients.Values);
        GC.SuppressFinalize(this);
    }

    /// <summary>Speaks with one client until it leaves. May throw what a broken connection throws.</summary>
    private protected abstract Task ServeAsync(ClientConnection client);

    /// <summary>What a client that is turned away gets to read; empty: nothing.</summary>
    private protected virtual ReadOnlySpan<byte> DenialText => [];

    /// <inheritdoc cref="DenialText"/>
    private protected virtual ReadOnlySpan<byte> FullText => [];

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await AdmitAsync(await _listener.AcceptAsync(_stopping.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Mostly too many open files: the queue stays, so without a pause this would spin.
                Log.Warning($"{SocketPath}: a client could not be accepted: {e.Message}");
                await Task.Delay(s_pauseAfterFailure, Time, CancellationToken.None);
            }
        }
    }

    private async Task AdmitAsync(Socket socket)
    {
        ClientConnection client;
        try
        {
            var credentials = PeerCredentials.Of(socket);
            var access = _access.Of(credentials, () => PeerCredentials.SupplementaryGroupsOf(socket));
            client = new ClientConnection(socket, credentials, access, Time, Limits.SendTimeout);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return;
        }

        if (client.Access == ClientAccess.None)
        {
            Log.Warning($"{SocketPath}: process {client.Client.ProcessId} of user {client.Client.UserId} was refused.");
            client.SendWithoutWaiting(DenialText);
            await client.DisposeAsync();
        }
        else if (IsFullFor(client.Access) && !TryEvict(client.Access))
        {
            Log.Warning($"{SocketPath}: as many clients are connected as may be; process {client.Client.ProcessId} of user {client.Client.UserId} was refused.");
            client.SendWithoutWaiting(FullText);
            await client.DisposeAsync();
        }
        else
        {
            _clients[client] = Task.CompletedTask;
            var task = Task.Run(() => RunAsync(client));
            _clients.TryUpdate(client, task, Task.CompletedTask);
        }
    }

    private async Task RunAsync(ClientConnection client)
    {
        try
        {
            await ServeAsync(client);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client left, was too slow, or the server stops.
        }
        catch (Exception e)
        {
            // Whatever a request set off ends with its connection and does not take the tunnel along.
            Log.Error($"{SocketPath}: a connection was closed after an internal error: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            await client.DisposeAsync();
            _clients.TryRemove(client, out _);
        }
    }

    // Members of a group get half of the places, and cannot keep root out.
    private bool IsFullFor(ClientAccess access) => _clients.Count >= Limits.MaxConnections
        || (access != ClientAccess.Full && _clients.Keys.Count(c => c.Access != ClientAccess.Full) >= Limits.MaxConnections / 2);

    // Clients may stay connected for as long as they like, until their place is needed.
    private bool TryEvict(ClientAccess newcomer)
    {
        var idlest = _clients.Keys.Where(c => c.IsEvictable && (newcomer == ClientAccess.Full || c.Access != ClientAccess.Full) && c.IdleSince is not null && !c.Aborted.IsCancellationRequested).MinBy(c => c.IdleSince);
        if (idlest is null)
            return false;
        _clients.TryRemove(idlest, out _);
        idlest.Abort();
        return true;
    }
}
