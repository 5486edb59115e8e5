using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Tests.Fake;

// What the module needs of wireguard-engine, without a tunnel: for tests of the cmdlets alone.
//   WIREGUARD_FAKE_BEHAVIOR  how the control socket behaves, see FakeBehavior
//   WIREGUARD_FAKE_ENROLL    who comes when a window is open, see FakeEnrollment
//   WIREGUARD_FAKE_OPTIONS   a file that gets the further options of `up`, `serve` or `join`
//   WIREGUARD_FAKE_REQUESTS  a file to which each method is added that is asked for
//   WIREGUARD_FAKE_SERVICE   "1": as if a service manager had started it
//   WIREGUARD_FAKE_ZEROS     "1": one more peer, with a key of zeros, which no configuration can give it
//   WIREGUARD_FAKE_START     "silent": no report ever; "mute": ends without one; "usage": finds fault with the command line; an ErrorId: reports that failure
const int SafetyMinutes = 3;

switch (args)
{
    case ["pubkey"]:
        while (Console.ReadLine() is { } line)
            Console.WriteLine(Curve25519.PublicKeyOf(line));
        return 0;
    case ["up", var path, "--report", "json", "--timeout", _, .. var options]:
        NoteOptions(options);
        return Up(path, options);
    case ["serve", var tunnel, "--report", "json", "--timeout", _, .. var options]:
        NoteOptions(options);
        return Start(tunnel, "enrollments", tunnel);
    case ["join", var target, .. var options]:
        NoteOptions(args);
        return FakeJoin.Run(target, options, Console.ReadLine(), out var joined) is { } failure ? Report(failure) : Up(joined, []);
    case ["enrollments", var tunnel]:
        return ServeEnrollments(tunnel);
    case ["down", var name]:
        foreach (var journal in Directory.EnumerateFiles(ControlProtocol.Directory, name + "@*.undo"))
            File.Delete(journal);
        return 0;
    case ["serve", var path, .. var options]:
        return Serve(path, options);
    default:
        Console.Error.WriteLine($"fake-engine: unknown arguments: {string.Join(' ', args)}");
        return 1;
}

static void NoteOptions(string[] options)
{
    if (Environment.GetEnvironmentVariable("WIREGUARD_FAKE_OPTIONS") is { Length: > 0 } file)
        File.WriteAllText(file, string.Join(' ', options));
}

static int Up(string path, string[] options) => Start(Path.GetFileNameWithoutExtension(path), ["serve", path, .. options]);

static int Start(string name, params ReadOnlySpan<string> arguments)
{
    switch (Environment.GetEnvironmentVariable("WIREGUARD_FAKE_START"))
    {
        case null or "":
            break;
        case "silent":
            Thread.Sleep(TimeSpan.FromMinutes(SafetyMinutes));
            return 1;
        case "usage":
            Console.Error.WriteLine("wireguard-engine: --masquerade lets out of this host what --kill-switch is to keep in.\nTry `wireguard-engine --help`.");
            return 2;
        case "mute":
            Console.Error.WriteLine("fake-engine: told to be mute");
            return 1;
        case var errorId:
            return Report(new StartReport { Tunnel = name, ErrorId = errorId, Message = $"Told to fail with {errorId}." });
    }

    if (IsTaken(ControlProtocol.SocketPath(name)))
        return Report(new StartReport { Tunnel = name, ErrorId = "TunnelExists", Message = $"Tunnel '{name}' is there already." });
    var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
    foreach (var argument in arguments)
        start.ArgumentList.Add(argument);
    using var child = Process.Start(start)!;
    return child.StandardOutput.ReadLine() == "ready"
        ? Report(new StartReport { Ready = true, Tunnel = name, ProcessId = child.Id, LeaseEnds = DateTimeOffset.TryParse(Environment.GetEnvironmentVariable("WIREGUARD_FAKE_LEASE"), out var lease) ? lease : null })
        : Report(new StartReport { Tunnel = name, ErrorId = "EngineFailed", Message = "The fake did not start." });
}

// Of one that was killed the socket is left.
static bool IsTaken(string path)
{
    using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    try
    {
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return true;
    }
    catch (SocketException)
    {
        File.Delete(path);
        return false;
    }
}

static int Report(StartReport report)
{
    Console.WriteLine(JsonSerializer.Serialize(report, ControlJsonContext.Default.StartReport));
    return report.Ready ? 0 : 1;
}

static int Serve(string path, string[] options)
{
    _ = Native.SetSid();
    var result = ConfigParser.ParseFile(path);
    using var config = result.Config ?? throw new ConfigException(result.Diagnostics);
    var privateKey = config.Interface.PrivateKey?.ToBase64();
    var behavior = Enum.Parse<FakeBehavior>(Environment.GetEnvironmentVariable("WIREGUARD_FAKE_BEHAVIOR") is { Length: > 0 } b ? b : "Normal");
    var info = new TunnelInfo
    {
        Name = Path.GetFileNameWithoutExtension(path),
        PrivateKey = privateKey,
        PublicKey = privateKey is null ? null : Curve25519.PublicKeyOf(privateKey),
        ListenPort = config.Interface.ListenPort ?? 0,
        Mtu = config.Interface.Mtu ?? 1420,
        Backend = "userspace",
        IsUp = true,
        Addresses = [.. config.Interface.Addresses.Select(a => a.ToString())],
        ConfigPath = path,
        StartOptions = Environment.GetEnvironmentVariable("WIREGUARD_FAKE_SERVICE") == "1" ? null : options,
        ProcessId = Environment.ProcessId,
        StartedAt = DateTimeOffset.UtcNow,
        Peers = [.. config.Peers.Select(ToPeer), .. MorePeers()],
    };
    return Run(new FakeTunnel(info), behavior);
}

static int ServeEnrollments(string name)
{
    _ = Native.SetSid();
    var tunnel = new FakeTunnel(new TunnelInfo
    {
        Name = name,
        PublicKey = FakeEnrollment.KeyOf(name),
        ListenPort = 51820,
        Mtu = 1420,
        Backend = "userspace",
        IsUp = true,
        Addresses = ["10.150.0.1/24"],
        Served = true,
        ProcessId = Environment.ProcessId,
        StartedAt = DateTimeOffset.UtcNow,
    });
    tunnel.TakeEnrollments(Environment.GetEnvironmentVariable("WIREGUARD_FAKE_ENROLL") ?? "");
    return Run(tunnel, FakeBehavior.Normal);
}

static int Run(FakeTunnel tunnel, FakeBehavior behavior)
{
    using var ended = new ManualResetEventSlim();
    using var server = new FakeControlServer(ControlProtocol.SocketPath(tunnel.Name), tunnel, behavior);
    tunnel.StopRequested += ended.Set;
    Console.WriteLine("ready");
    if (ended.Wait(TimeSpan.FromMinutes(SafetyMinutes)) && behavior == FakeBehavior.StopsSlowly)
        Thread.Sleep(FakeControlServer.Slowness);
    return 0;
}

// The first peer has just shaken hands, the second ten minutes ago, the others never.
static PeerInfo ToPeer(PeerSection peer, int index) => new()
{
    PublicKey = peer.PublicKey.ToString(),
    Name = peer.Name ?? string.Create(CultureInfo.InvariantCulture, $"peer-{index}"),
    Endpoint = peer.Endpoint?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"192.0.2.{index + 1}:51820"),
    AllowedIPs = [.. peer.AllowedIPs.Select(p => p.ToString())],
    LastHandshake = index switch { 0 => DateTimeOffset.UtcNow, 1 => DateTimeOffset.UtcNow.AddMinutes(-10), _ => null },
    RxBytes = 1234567,
    TxBytes = 89,
    PersistentKeepalive = peer.PersistentKeepalive ?? 0,
};

static PeerInfo[] MorePeers() => Environment.GetEnvironmentVariable("WIREGUARD_FAKE_ZEROS") == "1"
    ? [new PeerInfo { PublicKey = new PublicKey(new byte[PublicKey.Size]).ToString() }]
    : [];

internal static class Native
{
    [DllImport("libc", EntryPoint = "setsid")]
    internal static extern int SetSid();
}
