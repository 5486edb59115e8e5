using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Enrollment;

/// <summary>
/// A server, clients and the network between them, which a test can make as bad as it likes; one clock, moved by hand. Everything that
/// passes is kept.
/// </summary>
internal sealed class EnrollmentWorld : IDisposable
{
    internal const long Millisecond = 1_000_000;

    private static readonly DateTimeOffset s_start = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);

    private readonly List<IDisposable> _owned = [];
    private readonly byte[] _reply = new byte[EnrollmentFormat.MaxSize];

    internal EnrollmentWorld(ServerSettings? settings = null, MemoryJournal? journal = null, string[]? pool = null, RandomFill? random = null)
    {
        Journal = journal ?? new MemoryJournal();
        Registry = new EnrollmentRegistry(Journal, new AddressPool([.. (pool ?? ["10.150.0.0/24", "fd42:150::/64"]).Select(IPNetwork.Parse)]), random);
        Server = new EnrollmentServer(Registry, settings ?? new ServerSettings(), Events.Add, random);
    }

    internal MemoryJournal Journal { get; }

    internal EnrollmentRegistry Registry { get; }

    internal EnrollmentServer Server { get; }

    internal List<EnrollmentEvent> Events { get; } = [];

    /// <summary>Monotonic nanoseconds.</summary>
    internal long Now { get; private set; } = 1_000 * Millisecond;

    internal EnrollmentTime Time => new(Now, s_start.AddTicks(Now / 100) + WallOffset);

    internal TimeSpan WallOffset { get; set; }

    /// <summary>What goes to the server, and what comes back; null: it is lost.</summary>
    internal Func<byte[], byte[]?> ToServer { get; set; } = message => message;

    /// <inheritdoc cref="ToServer"/>
    internal Func<byte[], byte[]?> ToClient { get; set; } = message => message;

    internal List<byte[]> Requests { get; } = [];

    internal List<byte[]> Replies { get; } = [];

    internal static UdpEndpoint Source(int number = 1) => UdpEndpoint.From(new IPEndPoint(new IPAddress([192, 0, 2, (byte)number]), 40_000 + number));

    internal void Advance(TimeSpan by) => Now += (long)by.TotalNanoseconds;

    internal StaticIdentity NewIdentity()
    {
        using var key = SecretKey.RandomPrivateKey();
        return Own(new StaticIdentity(key));
    }

    internal EnrollmentClient ClientByCode(string code, StaticIdentity? identity = null, string? name = "laptop", TimeSpan? timeout = null, RandomFill? random = null) =>
        Own(new EnrollmentClient(
            new ClientOptions { Credential = Own(Credential.FromCode(code)), Identity = identity ?? NewIdentity(), Name = name, Timeout = timeout ?? TimeSpan.FromSeconds(30) },
            Now,
            random));

    internal EnrollmentClient ClientByLink(string link, StaticIdentity? identity = null, string? name = "laptop", RandomFill? random = null)
    {
        Assert.True(InviteLink.TryParse(link, out var invite));
        Own(invite);
        return Own(new EnrollmentClient(
            new ClientOptions
            {
                Credential = Own(Credential.FromInvite(invite.Secret, invite.ServerFingerprint)),
                Identity = identity ?? NewIdentity(),
                Name = name,
                ServerFingerprint = invite.ServerFingerprint,
            },
            Now,
            random));
    }

    /// <summary>Opens a window and gives its code.</summary>
    internal string OpenWindow(WindowOptions options)
    {
        using var code = Server.OpenWindow(options, Time);
        return code.Reveal();
    }

    internal Invite MakeInvite(string host, ushort port, string? peerName, TimeSpan life, int maxUses, out string link)
    {
        var invite = Server.MakeInvite(host, port, peerName, life, maxUses, Time, out var secret);
        using (secret)
            link = secret.Reveal();
        return invite;
    }

    /// <summary>One datagram to the server and its answer, past the network; empty: none.</summary>
    internal byte[] Ask(ReadOnlySpan<byte> message, int source = 1)
    {
        var length = Server.Receive(message, Source(source), Time, _reply);
        Assert.True(length <= message.Length, $"{length} bytes in answer to {message.Length}");
        return _reply[..length];
    }

    /// <summary>Lets the client go on until it is over or so much time has passed.</summary>
    internal void Run(EnrollmentClient client, TimeSpan? longest = null, int source = 1)
    {
        var end = Now + (long)(longest ?? TimeSpan.FromSeconds(400)).TotalNanoseconds;
        while (!client.IsOver && Now < end)
        {
            while (client.Poll(Now) is { IsEmpty: false } message)
                Deliver(client, message.ToArray(), source);
            if (client.IsOver)
                break;
            Now = Math.Min(end, Math.Max(client.NextPoll, Now + Millisecond));
            Server.Tick(Time);
        }
    }

    /// <summary>Sends what the client has to say until something comes that the test waits for.</summary>
    internal byte[] RunUntilSent(EnrollmentClient client, EnrollmentMessage kind)
    {
        byte[]? found = null;
        var before = ToServer;
        ToServer = message =>
        {
            if (message[1] != (byte)kind)
                return before(message);
            found ??= message;
            return null;
        };
        Run(client, TimeSpan.FromSeconds(2));
        ToServer = before;
        return found ?? throw new InvalidOperationException($"{kind} was not sent.");
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        Server.Dispose();
    }

    private void Deliver(EnrollmentClient client, byte[] message, int source)
    {
        Requests.Add(message);
        if (ToServer(message) is not { } arrived)
            return;
        var reply = Ask(arrived, source);
        if (reply.Length == 0)
            return;
        Replies.Add(reply);
        if (ToClient((byte[])reply.Clone()) is { } answer)
            client.Receive(answer, Now);
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
