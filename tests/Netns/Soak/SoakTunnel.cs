using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Soak;

/// <summary>Two live engines with a tunnel between them, and everything that an hour may bring over it.</summary>
internal sealed class SoakTunnel : IDisposable
{
    private const string Underlay = "eth0";
    private const int LastLines = 40;

    private readonly PrivateDirectory _files = new();
    private readonly EnginePair _pair = new();
    private readonly Dictionary<Host, End> _ends = [];
    private string? _presharedKey;
    private int _roamed;

    internal SoakTunnel()
    {
        _ends[One] = new End { Keys = One.Keys, Address = "10.77.0.1", Port = One.ListenPort, ProcessId = _pair.Up(One).ProcessId };
        _ends[Two] = new End { Keys = Two.Keys, Address = "10.77.0.2", Port = Two.ListenPort, ProcessId = _pair.Up(Two).ProcessId };
    }

    internal Host One => _pair.One;

    internal Host Two => _pair.Two;

    internal Host Other(Host host) => host == One ? Two : One;

    internal ProcessUsage Usage(Host host) => ProcessUsage.Of(_ends[host].ProcessId);

    /// <summary>Both ends as wg(8) shows them, and the last of what they logged, for when something is wrong.</summary>
    internal string Describe() => string.Join('\n', new[] { One, Two }.Select(host =>
        host.Namespace.Run("wg", "show", host.Interface).Output
        + string.Join('\n', File.ReadLines(Path.ChangeExtension(host.ControlSocket, ".log")).TakeLast(LastLines))));

    /// <summary>A new private key on one end; the other end learns the public key first.</summary>
    internal void ChangePrivateKey(Host host)
    {
        var other = Other(host);
        var keys = TestKeys.Create();
        var old = _ends[host].Keys;
        _ends[host].Keys = keys;
        SetPeer(other, withEndpoint: true);
        Wg(other, "peer", old.PublicKey, "remove");
        Wg(host, "private-key", _files.Write("key", keys.PrivateKey));
    }

    /// <summary>Both ends, one after the other: the session stays.</summary>
    internal void ChangePresharedKey()
    {
        _presharedKey = TestKeys.CreatePresharedKey();
        SetPeer(One, withEndpoint: false);
        SetPeer(Two, withEndpoint: false);
    }

    /// <summary>The host's address is another from now on; nobody tells the other end.</summary>
    internal void Roam(Host host)
    {
        var end = _ends[host];
        var before = end.Address;
        end.Address = $"10.77.0.{10 + (_roamed++ % 200)}";
        // In this order: a second address of the same network would go with the first.
        host.Namespace.Ip("addr", "del", $"{before}/24", "dev", Underlay);
        host.Namespace.Ip("addr", "add", $"{end.Address}/24", "dev", Underlay);
    }

    internal void ChangePort(Host host)
    {
        _ends[host].Port = 40_000 + ((_ends[host].Port + 1) % 20_000);
        Wg(host, "listen-port", $"{_ends[host].Port}");
    }

    internal void FlapUnderlay(Host host, TimeSpan time) => Flap(host, Underlay, time);

    internal void FlapTunnel(Host host, TimeSpan time) => Flap(host, host.Interface, time);

    /// <summary>Strangers come and go; the peer that is spoken with stays.</summary>
    internal void AddAndRemovePeers(Host host, int count)
    {
        var strangers = Enumerable.Range(0, count).Select(_ => TestKeys.Create().PublicKey).ToList();
        Wg(host, [.. strangers.SelectMany((key, i) => new[] { "peer", key, "allowed-ips", $"10.99.{i}.0/24", "endpoint", $"10.77.0.250:{1000 + i}", "persistent-keepalive", "1" })]);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        Wg(host, [.. strangers.SelectMany(key => new[] { "peer", key, "remove" })]);
    }

    /// <summary>The peer that is spoken with goes and comes back.</summary>
    internal void ReplacePeer(Host host, bool withEndpoint)
    {
        Wg(host, "peer", _ends[Other(host)].Keys.PublicKey, "remove");
        SetPeer(host, withEndpoint);
    }

    public void Dispose()
    {
        _pair.Dispose();
        _files.Dispose();
    }

    private void SetPeer(Host host, bool withEndpoint)
    {
        var other = Other(host);
        var end = _ends[other];
        List<string> arguments = ["peer", end.Keys.PublicKey, "allowed-ips", $"{other.InnerIPv4}/32,{other.InnerIPv6}/128"];
        if (_presharedKey is not null)
            arguments.AddRange(["preshared-key", _files.Write("psk", _presharedKey)]);
        if (withEndpoint)
            arguments.AddRange(["endpoint", $"{end.Address}:{end.Port}"]);
        Wg(host, [.. arguments]);
    }

    private static void Wg(Host host, params string[] arguments) => host.Namespace.Run("wg", ["set", host.Interface, .. arguments]);

    private static void Flap(Host host, string link, TimeSpan time)
    {
        host.Namespace.Ip("link", "set", link, "down");
        Thread.Sleep(time);
        host.Namespace.Ip("link", "set", link, "up");
    }

    private sealed class End
    {
        public required TestKeys Keys { get; set; }

        public required string Address { get; set; }

        public required int Port { get; set; }

        public required int ProcessId { get; init; }
    }
}
