using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

/// <summary>A served tunnel over memory, its state in a directory of its own, and clients on the same network.</summary>
internal sealed class ServedHost : IDisposable
{
    private const string Name = "wgserved0";

    private static readonly IPEndPoint s_server = new(IPAddress.Parse("192.0.2.1"), ServeText.UsualPort);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-served-");
    private readonly List<IDisposable> _owned = [];
    private TunnelHost? _host;

    internal static ServeSettings Told { get; } = new() { Pool = ["10.150.0.0/24", "fd42:150::/64"], Endpoint = "vpn.example" };

    internal string StateDirectory => Path.Combine(_directory.FullName, "state", Name);

    internal MemoryPlatform Platform { get; private set; } = new();

    internal CapturingLog Log { get; } = new() { Level = LogLevel.Verbose };

    internal List<EngineEvent> Events { get; } = [];

    internal ShiftedTime Time { get; } = new();

    internal BrittleJournal Journal { get; private set; } = null!;

    internal TunnelHost Host => _host!;

    internal IEnrollmentControl Enrollment => Host.Enrollment!;

    internal ServedTunnel Open(ServeSettings? told = null) => ServedTunnel.Open(Name, told ?? Told, StateDirectory);

    internal void Start(ServeSettings? told = null)
    {
        Platform = new MemoryPlatform { Clock = Time };
        Directory.CreateDirectory(Path.GetDirectoryName(StateDirectory)!);
        var served = Open(told);
        Journal = new BrittleJournal(served.Setup.Store);
        _host = TunnelHost.Start(
            new TunnelHostOptions
            {
                Name = Name,
                Config = served.Config,
                Enrollment = new EnrollmentSetup { Store = Journal, Pool = served.Setup.Pool, Settings = served.Setup.Settings, Port = served.Setup.Port, Endpoint = served.Setup.Endpoint },
                Log = Log,
                Time = Time,
                UapiDirectory = Path.Combine(_directory.FullName, "uapi"),
                ControlDirectory = Path.Combine(_directory.FullName, "control"),
            },
            Platform,
            TransportAeadFactory.Best,
            CancellationToken.None);
        Assert.Null(served.KeepSettings());
        _host.EventRaised += happened =>
        {
            lock (Events)
                Events.Add(happened);
        };
    }

    internal void Stop()
    {
        _host?.Dispose();
        _host = null;
    }

    /// <summary>Opens a window and gives its code.</summary>
    internal string OpenWindow(EnrollmentOpenRequest? request = null)
    {
        using var opened = Enrollment.Open(request ?? new EnrollmentOpenRequest());
        return opened.Code.Reveal();
    }

    /// <summary>Closes the one that is open first.</summary>
    internal string OpenWindowAnew()
    {
        _ = Enrollment.Close();
        return OpenWindow();
    }

    internal string AskUapi(string request) => Uapi.Ask(_directory, Name, request);

    internal string Invite(EnrollmentInviteRequest? request = null)
    {
        using var invite = Enrollment.Invite(request ?? new EnrollmentInviteRequest());
        return invite.Link.Reveal();
    }

    internal StaticIdentity NewIdentity()
    {
        using var key = SecretKey.RandomPrivateKey();
        return Own(new StaticIdentity(key));
    }

    internal EnrollmentClient Client(string codeOrLink, StaticIdentity? identity = null, string? name = "laptop")
    {
        byte[]? fingerprint = null;
        Credential credential;
        if (InviteLink.TryParse(codeOrLink, out var link))
        {
            fingerprint = link.ServerFingerprint;
            credential = Credential.FromInvite(link.Secret, fingerprint);
            link.Dispose();
        }
        else
        {
            credential = Credential.FromCode(codeOrLink);
        }

        var options = new ClientOptions { Credential = Own(credential), Identity = identity ?? NewIdentity(), Name = name, ServerFingerprint = fingerprint, Timeout = s_patience };
        return Own(new EnrollmentClient(options, Now()));
    }

    /// <summary>Lets a client go on until it is over, or what the test waits for has come.</summary>
    internal EnrollmentClient Run(EnrollmentClient client, Func<bool>? until = null, int number = 9)
    {
        var address = new IPAddress([192, 0, 2, (byte)number]);
        var bind = Platform.Network.Attach(address);
        var own = new IPEndPoint(address, bind.Open(0, 0));
        using var batch = new PacketBatch(1);
        var end = Now() + (long)s_patience.TotalNanoseconds;
        while (!client.IsOver && until?.Invoke() != true)
        {
            Assert.True(Now() < end, "the client is not over");
            if (client.Poll(Now()) is { IsEmpty: false } message)
                Platform.Network.Inject(own, s_server, message);
            while (bind.Receive(batch) > 0)
                client.Receive(batch[0].Span, Now());
            Thread.Sleep(1);
        }

        bind.Dispose();
        return client;
    }

    /// <summary>The caller disposes of its key.</summary>
    internal PeerSnapshot? Peer(PublicKey key)
    {
        using var snapshot = Host.Device.Snapshot();
        return snapshot.Peers.FirstOrDefault(peer => peer.PublicKey == key) is { } peer ? peer with { PresharedKey = peer.PresharedKey?.Clone() } : null;
    }

    internal string[] Kinds()
    {
        lock (Events)
            return [.. Events.Select(happened => happened.Kind)];
    }

    public void Dispose()
    {
        Stop();
        foreach (var owned in _owned)
            owned.Dispose();
        _directory.Delete(recursive: true);
    }

    private static long Now() => (long)(TimeProvider.System.GetTimestamp() * (1e9 / TimeProvider.System.TimestampFrequency));

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
