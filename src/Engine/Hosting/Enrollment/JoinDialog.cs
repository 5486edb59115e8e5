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

    // Where an address is known, so long for newer ones.
    private static readonly TimeSpan s_longestLookUp = TimeSpan.FromSeconds(5);

    // How late a signal may be heard.
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_afterFault = TimeSpan.FromMilliseconds(10);

    internal required HostEndpoint Server { get; init; }

    internal required Credential Credential { get; init; }

    /// <summary>Kept somewhere before, so that a second join brings the same.</summary>
    internal required StaticIdentity Identity { get; init; }

    /// <summary>With an invitation.</summary>
    internal byte[]? ServerFingerprint { get; init; }

    internal string? PeerName { get; init; }

    internal required TimeSpan Timeout { get; init; }

    /// <summary>The firewall mark of datagrams that go around a tunnel which takes everything else; 0: none.</summary>
    internal uint Mark { get; init; }

    /// <summary>Where the server was, for when its name is not found: the name server may be behind a tunnel that is dead.</summary>
    internal IPAddress? Known { get; init; }

    /// <summary>Hears what it waits for.</summary>
    internal Action<string> Tell { get; init; } = static _ => { };

    /// <summary>Whether a server that has the code or the invitation may have seen our key, and let it in.</summary>
    internal bool HasShownKey { get; private set; }

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
        var longest = Known is not null && s_longestLookUp < Timeout ? s_longestLookUp : Timeout;
        while (true)
        {
            try
            {
                if (Dns.GetHostAddressesAsync(Server.Host, cancel).WaitAsync(Max(longest - watch.Elapsed, s_slice), cancel).GetAwaiter().GetResult() is { Length: > 0 } found)
                    return found;
                throw new SocketException((int)SocketError.NoData);
            }
            catch (Exception failure) when (failure is SocketException or TimeoutException)
            {
                if (watch.Elapsed + s_pauseOfLookUp > longest)
                {
                    if (Known is not null)
                    {
                        Tell($"{Server.Host} is not found; trying {Known}, where it was");
                        return [Known];
                    }

                    throw new JoinException(ClientFailure.NoAnswer, $"{Server.Host} could not be looked up: {failure.Message}");
                }

                cancel.WaitHandle.WaitOne(s_pauseOfLookUp);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private void Ask(EnrollmentClient client, IPEndPoint server, CancellationToken cancel)
    {
        // Not connected: what the system hears of a port that is closed just now would end it.
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (Mark != 0 && !SocketMark.TrySet(socket, Mark))
            Tell("datagrams may not be marked by this user, and go into the tunnel that runs");
        socket.Bind(new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        var isTold = false;
        while (!client.IsOver)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                if (client.Poll(Now()) is { IsEmpty: false } message)
                    socket.SendTo(message, SocketFlags.None, server);
                HasShownKey |= client.State == ClientState.Finishing;
                Receive(socket, server, client);
            }
            catch (SocketException)
            {
                // No way there just now; the time is bounded.
                cancel.WaitHandle.WaitOne(s_afterFault);
            }

            if (client.IsWaitingForApproval && !isTold)
            {
                isTold = true;
                Tell($"waiting until somebody there approves; they are shown the fingerprint {EnrollmentWords.Fingerprint(Identity.PublicKey)}");
            }
        }
    }

    private static void Receive(Socket socket, IPEndPoint server, EnrollmentClient client)
    {
        var wait = Math.Clamp((client.NextPoll - Now()) / 1000, 0, (long)s_slice.TotalMicroseconds);
        if (!socket.Poll(TimeSpan.FromMicroseconds(wait), SelectMode.SelectRead))
            return;
        Span<byte> datagram = stackalloc byte[EnrollmentFormat.MaxSize + 1];
        EndPoint from = server;
        var length = socket.ReceiveFrom(datagram, SocketFlags.None, ref from);
        if (from.Equals(server))
            client.Receive(datagram[..length], Now());
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static long Now() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
}
