using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>
/// Bytes over TCP between two of our ends, one way a connection. Whoever connects says in eight bytes which way and for how long:
/// "WGT1", 0 (it sends) or 1 (the other does), a zero, seconds times ten (big endian). The other answers with a byte of 1 once its turn has
/// come, and time counts from there. Who sends ends with the end of its stream; who has received what the other sent answers with the number
/// of bytes, eight of them.
/// </summary>
internal static class ThroughputLink
{
    internal const ushort DefaultPort = 51871;

    /// <summary>What is asked for longer is refused: nobody's end is to be kept busy by another for ever.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const int BufferSize = 256 * 1024;
    private const byte Upwards = 0;
    private const byte Downwards = 1;

    // Beyond the time that was asked for: what is on its way has to arrive.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // Who only connects is not to keep others waiting for longer.
    private static readonly TimeSpan s_greeting = TimeSpan.FromSeconds(2);

    // The other end takes one after the other, and the system accepts connections for it meanwhile.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5);

    private const byte Begin = 1;

    private static ReadOnlySpan<byte> Magic => "WGT1"u8;

    /// <summary>Hears only what comes in by the tunnel.</summary>
    /// <exception cref="SocketException">The port is taken, or the interface is not here.</exception>
    internal static Socket Listen(string tunnel, ushort port)
    {
        var socket = New(Socket.OSSupportsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, tunnel);
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen(4);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Through the tunnel and no other way.</summary>
    /// <exception cref="WgException">HostNetworkFailed: nobody listens there, or nothing answers in time.</exception>
    internal static async Task<Socket> ConnectAsync(string tunnel, IPAddress address, ushort port, TimeSpan timeout, CancellationToken cancellation)
    {
        Socket? socket = null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            socket = New(address.AddressFamily, tunnel);
            await socket.ConnectAsync(new IPEndPoint(address, port), deadline.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            socket?.Dispose();
            throw new WgException(
                ErrorIds.HostNetworkFailed,
                $"Nobody takes measurements at {new IPEndPoint(address, port)}: Measure-WgTunnel -Listen has to run there{(e is SocketException ? $" ({e.Message})" : $", and nothing has answered within {timeout.TotalSeconds:0.###} s")}.", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Sends for that long; what the other end has received, and in what time.</summary>
    /// <exception cref="WgException">HostNetworkFailed.</exception>
    internal static async Task<ByteFlow> SendAsync(Socket socket, TimeSpan duration, CancellationToken cancellation)
    {
        await AwaitTurnAsync(socket, Header(Upwards, duration), cancellation).ConfigureAwait(false);
        return await BoundedAsync(duration + s_patience, cancellation, async token =>
        {
            var started = Stopwatch.GetTimestamp();
            await PumpAsync(socket, duration, token).ConfigureAwait(false);
            var count = await ReadAsync(socket, sizeof(ulong), token).ConfigureAwait(false);
            return new ByteFlow(BinaryPrimitives.ReadUInt64BigEndian(count), Stopwatch.GetElapsedTime(started));
        }).ConfigureAwait(false);
    }

    /// <summary>Has the other end send for that long.</summary>
    /// <exception cref="WgException">HostNetworkFailed.</exception>
    internal static async Task<ByteFlow> ReceiveAsync(Socket socket, TimeSpan duration, CancellationToken cancellation)
    {
        await AwaitTurnAsync(socket, Header(Downwards, duration), cancellation).ConfigureAwait(false);
        return await BoundedAsync(duration + s_patience, cancellation, async token =>
        {
            var started = Stopwatch.GetTimestamp();
            var bytes = await DrainAsync(socket, token).ConfigureAwait(false);
            // The other end has sent for that long, however late it was heard here that it began.
            var elapsed = Stopwatch.GetElapsedTime(started);
            return new ByteFlow(bytes, elapsed > duration ? elapsed : duration);
        }).ConfigureAwait(false);
    }

    /// <summary>Does what whoever has connected asks for.</summary>
    /// <exception cref="WgException">HostNetworkFailed: it asks for something else, or breaks off.</exception>
    internal static async Task<(ByteFlow? Sent, ByteFlow? Received)> ServeAsync(Socket socket, CancellationToken cancellation)
    {
        var header = await BoundedAsync(s_greeting, cancellation, token => ReadAsync(socket, 8, token)).ConfigureAwait(false);
        var duration = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)) / 10.0);
        if (!header.AsSpan(0, 4).SequenceEqual(Magic) || header[4] > Downwards || duration > Longest)
            throw new WgException(ErrorIds.HostNetworkFailed, "What was asked for is no measurement.");
        return await BoundedAsync<(ByteFlow?, ByteFlow?)>(duration + s_patience, cancellation, async token =>
        {
            await socket.SendAsync(new[] { Begin }, SocketFlags.None, token).ConfigureAwait(false);
            var started = Stopwatch.GetTimestamp();
            if (header[4] == Downwards)
                return (new ByteFlow(await PumpAsync(socket, duration, token).ConfigureAwait(false), Stopwatch.GetElapsedTime(started)), null);
            var received = new ByteFlow(await DrainAsync(socket, token).ConfigureAwait(false), Stopwatch.GetElapsedTime(started));
            var count = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(count, received.Bytes);
            await socket.SendAsync(count, SocketFlags.None, token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            return (null, received);
        }).ConfigureAwait(false);
    }

    private static Socket New(AddressFamily family, string tunnel)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            TunnelBinding.Bind(socket, tunnel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static byte[] Header(byte direction, TimeSpan duration)
    {
        var header = new byte[8];
        Magic.CopyTo(header);
        header[4] = direction;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)Math.Ceiling(duration.TotalSeconds * 10));
        return header;
    }

    private static async Task<ulong> PumpAsync(Socket socket, TimeSpan duration, CancellationToken cancellation)
    {
        var zeros = new byte[BufferSize];
        var started = Stopwatch.GetTimestamp();
        ulong sent = 0;
        do
            sent += (ulong)await socket.SendAsync(zeros, SocketFlags.None, cancellation).ConfigureAwait(false);
        while (Stopwatch.GetElapsedTime(started) < duration);
        socket.Shutdown(SocketShutdown.Send);
        return sent;
    }

    private static async Task<ulong> DrainAsync(Socket socket, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        ulong received = 0;
        for (int count; (count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false)) > 0;)
            received += (ulong)count;
        return received;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(read), SocketFlags.None, cancellation).ConfigureAwait(false);
            read += count > 0 ? count : throw new WgException(ErrorIds.HostNetworkFailed, "The other end has broken off.");
        }

        return bytes;
    }

    private static Task<bool> AwaitTurnAsync(Socket socket, byte[] header, CancellationToken cancellation) => BoundedAsync(
        s_turn,
        cancellation,
        async token =>
        {
            await socket.SendAsync(header, SocketFlags.None, token).ConfigureAwait(false);
            return (await ReadAsync(socket, 1, token).ConfigureAwait(false))[0] == Begin
                ? true
                : throw new WgException(ErrorIds.HostNetworkFailed, "The other end does not speak of measurements.");
        },
        $"The other end has taken the connection, but not begun within {s_turn.TotalSeconds:0} s: it is busy with another measurement.");

    private static async Task<T> BoundedAsync<T>(TimeSpan limit, CancellationToken cancellation, Func<CancellationToken, Task<T>> work, string? late = null)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        try
        {
            return await work(deadline.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new WgException(ErrorIds.HostNetworkFailed, $"The measurement broke off: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.HostNetworkFailed, late ?? $"The measurement was not done within {limit.TotalSeconds:0} s.", e);
        }
    }
}
