using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// The client's side of one enrollment on a UDP socket of its own: looks the server's name up, tries its addresses one after the
/// other, and takes datagrams of the one that it asks alone.
/// </summary>
internal sealed class JoinDialog
{
    private static readonly TimeSpan s_leastForAddress = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_pauseOfLookUp = TimeSpan.FromMilliseconds(500);

    // How late a signal may be heard.
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(100);

    internal required HostEndpoint Server { get; init; }

    internal required Credential Credential { get; init; }

    /// <summary>Kept somewhere before, so that a second join brings the same.</summary>
    internal required StaticIdentity Identity { get; init; }

    /// <summary>With an invitation.</summary>
    internal byte[]? ServerFingerprint { get; init; }

    internal string? PeerName { get; init; }

    internal required TimeSpan Timeout { get; init; }

    /// <summary>Hears what it waits for.</summary>
    internal Action<string> Tell { get; init; } = static _ => { };

    /// <exception cref="JoinException">Why not.</exception>
    internal JoinResult Run(CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var addresses = LookUp(watch, cancel);
        for (var i = 0; ; i++)
        {
            var isLast = i == addresses.Length - 1;
            var left = Timeout - watch.Elapsed;
            var share = isLast ? left : Max(s_leastForAddress, left / (addresses.Length - i));
            using var client = new EnrollmentClient(
                new ClientOptions { Credential = Credential, Identity = Identity, Name = PeerName, ServerFingerprint = ServerFingerprint, Timeout = Max(share, s_slice) },
                Now());
            Ask(client, new IPEndPoint(addresses[i], Server.Port), cancel);
            if (client.State == ClientState.Joined)
                return client.Result!;
            // Where nobody has answered, no guess was given away: another address may be asked with the same code.
            if (client.Failure != ClientFailure.NoAnswer || isLast)
                throw JoinException.From(client.Failure, client.Result?.Grant.Refusal ?? GrantRefusal.None, Server.ToString());
            Tell($"{addresses[i]} does not answer, trying {addresses[i + 1]}");
        }
    }

    private IPAddress[] LookUp(Stopwatch watch, CancellationToken cancel)
    {
        if (Server.Literal is { } literal)
            return [literal.Address];
        while (true)
        {
            try
            {
                if (Dns.GetHostAddressesAsync(Server.Host, cancel).WaitAsync(Max(Timeout - watch.Elapsed, s_slice), cancel).GetAwaiter().GetResult() is { Length: > 0 } found)
                    return found;
                throw new SocketException((int)SocketError.NoData);
            }
            catch (Exception failure) when (failure is SocketException or TimeoutException)
            {
                if (watch.Elapsed + s_pauseOfLookUp > Timeout)
                    throw new JoinException(ClientFailure.NoAnswer, $"{Server.Host} could not be looked up: {failure.Message}");
                cancel.WaitHandle.WaitOne(s_pauseOfLookUp);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private void Ask(EnrollmentClient client, IPEndPoint server, CancellationToken cancel)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        var isTold = false;
        Span<byte> datagram = stackalloc byte[EnrollmentFormat.MaxSize + 1];
        try
        {
            // The system drops what others send.
            socket.Connect(server);
        }
        catch (SocketException)
        {
            // No way there now; there may be one before the time is over.
        }

        while (!client.IsOver)
        {
            cancel.ThrowIfCancellationRequested();
            var now = Now();
            try
            {
                if (client.Poll(now) is { IsEmpty: false } message)
                {
                    if (!socket.Connected)
                        socket.Connect(server);
                    socket.Send(message);
                }

                if (Receive(socket, client, datagram, now) is > 0 and var length)
                    client.Receive(datagram[..length], Now());
            }
            catch (SocketException)
            {
                // Refused, or no way there: it may change, and the time is bounded.
                cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10));
            }

            if (client.IsWaitingForApproval && !isTold)
            {
                isTold = true;
                Tell($"waiting until somebody there approves; they are shown the fingerprint {EnrollmentWords.Fingerprint(Identity.PublicKey)}");
            }
        }
    }

    private static int Receive(Socket socket, EnrollmentClient client, Span<byte> datagram, long now)
    {
        var wait = Math.Min((client.NextPoll - now) / 1000, (long)s_slice.TotalMicroseconds);
        return socket.Poll(TimeSpan.FromMicroseconds(Math.Max(0, wait)), SelectMode.SelectRead) ? socket.Receive(datagram) : 0;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static long Now() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
}
