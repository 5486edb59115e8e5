using System.Globalization;
using WireGuard.Api;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

/// <summary>The real wg(8) against the server. It looks in /var/run/wireguard only: hence root, and names with our pid.</summary>
public sealed class WgToolTests : IAsyncLifetime
{
    private static int s_number;

    private readonly string _name = $"wt{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}x{Interlocked.Increment(ref s_number)}";
    private readonly FakeDeviceControl _device = new();
    private readonly bool _hadDirectory = Directory.Exists(ControlProtocol.UapiDirectory);
    private UapiServer? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is null)
            return;
        await _server.DisposeAsync();
        if (!_hadDirectory && !Directory.EnumerateFileSystemEntries(ControlProtocol.UapiDirectory).Any())
            Directory.Delete(ControlProtocol.UapiDirectory);
    }

    [RootFact("wg")]
    public void Set_changes_the_device_and_show_tells_it()
    {
        Start();
        using var privateKey = SecretKey.RandomPrivateKey();
        using var presharedKey = SecretKey.Random();
        var peer = Keys.Numbered(1);
        using var keyFile = new SecretFile(privateKey);
        using var presharedFile = new SecretFile(presharedKey);
        Wg("set", _name, "private-key", keyFile.Path, "listen-port", "51999", "fwmark", "0x33",
            "peer", peer.ToString(), "preshared-key", presharedFile.Path, "endpoint", "[2001:db8::7]:1234", "persistent-keepalive", "25",
            "allowed-ips", "10.9.0.0/24,2001:db8:9::/48");

        using (var snapshot = _device.Snapshot())
        {
            Assert.Equal(privateKey, snapshot.PrivateKey);
            Assert.Equal((51999, 0x33u), (snapshot.ListenPort, snapshot.FwMark));
            var applied = Assert.Single(snapshot.Peers);
            Assert.Equal(peer, applied.PublicKey);
            Assert.Equal(presharedKey, applied.PresharedKey);
            Assert.Equal("[2001:db8::7]:1234", applied.Endpoint!.ToString());
            Assert.Equal(25, applied.PersistentKeepalive);
            Assert.Equal(["10.9.0.0/24", "2001:db8:9::/48"], applied.AllowedIPs.Select(p => p.ToString()));
        }

        var publicKey = Programs.RunWith(privateKey.ToBase64(), "wg", "pubkey").Output.Trim();
        Assert.Equal(Curve25519.PublicKeyOf(privateKey).ToString(), publicKey);
        var shown = Wg("show", _name);
        Assert.Contains($"interface: {_name}\n  public key: {publicKey}\n  private key: (hidden)\n  listening port: 51999\n  fwmark: 0x33\n", shown);
        Assert.Contains($"peer: {peer}\n  preshared key: (hidden)\n  endpoint: [2001:db8::7]:1234\n  allowed ips: 10.9.0.0/24, 2001:db8:9::/48\n", shown);
        Assert.Contains("  persistent keepalive: every 25 seconds\n", shown);
        Assert.Contains(_name, Wg("show", "interfaces"));
    }

    [RootFact("wg")]
    public void Dump_has_every_field()
    {
        Start();
        var peer = Keys.Numbered(2);
        Wg("set", _name, "listen-port", "7", "peer", peer.ToString(), "allowed-ips", "10.0.0.0/8", "endpoint", "192.0.2.1:9");
        _device.Traffic[peer] = (DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), 111, 222);
        Assert.Equal(
            $"(none)\t(none)\t7\toff\n{peer}\t(none)\t192.0.2.1:9\t10.0.0.0/8\t1700000000\t111\t222\toff\n",
            Wg("show", _name, "dump"));
        Assert.Equal($"{peer}\t111\t222\n", Wg("show", _name, "transfer"));
        Assert.Equal($"{peer}\t1700000000\n", Wg("show", _name, "latest-handshakes"));
    }

    [RootFact("wg")]
    public void Setconf_replaces_all_and_showconf_gives_it_back()
    {
        Start();
        using var privateKey = SecretKey.RandomPrivateKey();
        Wg("set", _name, "peer", Keys.Numbered(1).ToString(), "allowed-ips", "10.1.0.0/16");
        var text = $"[Interface]\nListenPort = 5555\nPrivateKey = {privateKey.ToBase64()}\n\n"
            + $"[Peer]\nPublicKey = {Keys.Numbered(2)}\nAllowedIPs = 10.2.0.0/16, fd00::/8\nEndpoint = 192.0.2.2:22\nPersistentKeepalive = 15\n";
        using var file = new SecretFile(text);
        Wg("setconf", _name, file.Path);

        using var snapshot = _device.Snapshot();
        Assert.Equal(Keys.Numbered(2), Assert.Single(snapshot.Peers).PublicKey);
        Assert.Equal(text, Wg("showconf", _name).Replace("\n\n\n", "\n\n"));
    }

    [RootFact("wg")]
    public void Syncconf_keeps_what_is_the_same_and_takes_away_what_is_gone()
    {
        Start();
        Wg("set", _name, "peer", Keys.Numbered(1).ToString(), "allowed-ips", "10.1.0.0/16", "peer", Keys.Numbered(2).ToString(), "allowed-ips", "10.2.0.0/16");
        using var file = new SecretFile($"[Peer]\nPublicKey = {Keys.Numbered(2)}\nAllowedIPs = 10.3.0.0/16\n\n[Peer]\nPublicKey = {Keys.Numbered(3)}\nAllowedIPs = 10.4.0.0/16\n");
        Wg("syncconf", _name, file.Path);

        using var snapshot = _device.Snapshot();
        Assert.Equal(
            [(Keys.Numbered(2), "10.3.0.0/16"), (Keys.Numbered(3), "10.4.0.0/16")],
            snapshot.Peers.Select(p => (p.PublicKey, p.AllowedIPs.Single().ToString())).OrderBy(p => p.Item2));
    }

    [RootFact("wg")]
    public void Addconf_and_remove_touch_one_peer()
    {
        Start();
        Wg("set", _name, "peer", Keys.Numbered(1).ToString(), "allowed-ips", "10.1.0.0/16");
        using var file = new SecretFile($"[Peer]\nPublicKey = {Keys.Numbered(2)}\nAllowedIPs = 10.2.0.0/16\n");
        Wg("addconf", _name, file.Path);
        Wg("set", _name, "peer", Keys.Numbered(1).ToString(), "remove");
        Wg("set", _name, "peer", Keys.Numbered(1).ToString(), "remove");
        using var snapshot = _device.Snapshot();
        Assert.Equal(Keys.Numbered(2), Assert.Single(snapshot.Peers).PublicKey);
    }

    [RootFact("wg")]
    public void A_refusal_reaches_the_user_as_wg_words_it()
    {
        Start();
        _device.NextFailure = new WireGuard.Engine.Device.DeviceChangeException(WireGuard.Engine.Device.DeviceChangeError.AddressInUse, "taken");
        var (exitCode, _, errors) = Programs.Run("wg", "set", _name, "listen-port", "1");
        Assert.Equal(1, exitCode);
        Assert.Contains("Address already in use", errors);
    }

    private void Start()
    {
        _server = new UapiServer(_device, new UapiServerOptions { Tunnel = _name });
        _server.Start();
    }

    private static string Wg(params string[] arguments)
    {
        var (exitCode, output, errors) = Programs.Run("wg", arguments);
        Assert.Equal("", errors);
        Assert.Equal(0, exitCode);
        return output;
    }
}
