using System.Globalization;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.Control;

/// <summary>Every command of the real wg(8) against a real device in memory.</summary>
public sealed class WgToolDeviceTests : IAsyncLifetime
{
    private static int s_number;

    private readonly string _name = $"wd{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}x{Interlocked.Increment(ref s_number)}";
    private readonly DevicePair _pair = new();
    private readonly bool _hadDirectory = Directory.Exists(ControlProtocol.UapiDirectory);
    private UapiServer? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            if (!_hadDirectory && !Directory.EnumerateFileSystemEntries(ControlProtocol.UapiDirectory).Any())
                Directory.Delete(ControlProtocol.UapiDirectory);
        }

        _pair.Dispose();
    }

    [RootFact("wg")]
    public void Show_tells_each_thing_by_its_name_and_all_of_them_in_a_dump()
    {
        Start();
        Assert.NotNull(_pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        var (a, b) = (_pair.A.PublicKey.ToString(), _pair.B.PublicKey.ToString());
        var time = _pair.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Assert.Equal($"{a}\n", Show("public-key"));
        Assert.Equal($"{_pair.A.Key.ToBase64()}\n", Show("private-key"));
        Assert.Equal("51820\n", Show("listen-port"));
        Assert.Equal("off\n", Show("fwmark"));
        Assert.Equal($"{b}\n", Show("peers"));
        Assert.Equal($"{b}\t(none)\n", Show("preshared-keys"));
        Assert.Equal($"{b}\t192.0.2.2:51820\n", Show("endpoints"));
        Assert.Equal($"{b}\t10.0.0.2/32 fd00::2/128\n", Show("allowed-ips"));
        Assert.Equal($"{b}\t{time}\n", Show("latest-handshakes"));
        Assert.Equal($"{b}\t92\t{148 + 128}\n", Show("transfer"));
        Assert.Equal($"{b}\toff\n", Show("persistent-keepalive"));
        Assert.Contains(
            $"{_name}\t{_pair.A.Key.ToBase64()}\t{a}\t51820\toff\n{_name}\t{b}\t(none)\t192.0.2.2:51820\t10.0.0.2/32,fd00::2/128\t{time}\t92\t{148 + 128}\toff\n",
            Wg("show", "all", "dump"));
    }

    [RootFact("wg")]
    public void Set_takes_off_and_hexadecimal_and_clears_what_is_empty()
    {
        Start();
        var b = _pair.B.PublicKey.ToString();
        Wg("set", _name, "fwmark", "0xca6c", "peer", b, "persistent-keepalive", "65535");
        Assert.Equal(("0xca6c\n", $"{b}\t65535\n"), (Show("fwmark"), Show("persistent-keepalive")));
        Wg("set", _name, "fwmark", "off", "listen-port", "0", "private-key", "/dev/null", "peer", b, "persistent-keepalive", "off", "allowed-ips", "", "preshared-key", "/dev/null");
        Assert.Equal(("off\n", $"{b}\toff\n", $"{b}\t(none)\n"), (Show("fwmark"), Show("persistent-keepalive"), Show("allowed-ips")));
        Assert.Equal(("(none)\n", "(none)\n"), (Show("private-key"), Show("public-key")));
        Assert.Equal($"{_pair.A.Bind.Port}\n", Show("listen-port"));
    }

    [RootFact("wg")]
    public void A_port_in_use_is_told_in_words_and_changes_nothing()
    {
        Start();
        using var rival = _pair.Network.Attach(_pair.A.Address);
        rival.Open(5555, 0);
        var (exitCode, _, errors) = Programs.Run("wg", "set", _name, "listen-port", "5555", "peer", _pair.B.PublicKey.ToString(), "remove");
        Assert.Equal((1, "Unable to modify interface: Address already in use\n"), (exitCode, errors));
        Assert.Equal(($"{DeviceUnderTest.Port}\n", $"{_pair.B.PublicKey}\n"), (Show("listen-port"), Show("peers")));
    }

    [RootFact("wg")]
    public void What_showconf_writes_setconf_takes_and_syncconf_finds_nothing_to_do()
    {
        Start();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(_pair.SendAtoB(packet));
        using var file = new SecretFile(Wg("showconf", _name));
        Wg("syncconf", _name, file.Path);
        Assert.Equal(92ul, _pair.A.Peer(_pair.B.PublicKey).RxBytes);
        Assert.Equal(packet, _pair.SendAtoB(packet));
        Assert.Single(_pair.A.Events, e => e.Kind == WireGuard.Engine.Device.DeviceEventKind.HandshakeCompleted);

        var before = Show("dump").Split('\t');
        Wg("setconf", _name, file.Path);
        var after = Show("dump").Split('\t');
        Assert.Equal(before[..7], after[..7]);
        Assert.Null(_pair.A.Peer(_pair.B.PublicKey).LastHandshake);
    }

    // wg itself leaves the key out of what it sends, or sends zeros; what it asks for is done either way.
    [RootFact("wg")]
    public void Addconf_without_a_private_key_keeps_it()
    {
        Start();
        using var file = new SecretFile($"[Peer]\nPublicKey = {Keys.Numbered(3)}\nAllowedIPs = 10.3.0.0/16\n");
        Wg("addconf", _name, file.Path);
        Assert.Equal($"{_pair.A.Key.ToBase64()}\n", Show("private-key"));
        Assert.Equal($"{_pair.B.PublicKey}\n{Keys.Numbered(3)}\n", Show("peers"));
        Assert.NotNull(_pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
    }

    private void Start()
    {
        _server = new UapiServer(_pair.A.Device, new UapiServerOptions { Tunnel = _name });
        _server.Start();
    }

    private string Show(string what) => Wg("show", _name, what);

    private static string Wg(params string[] arguments)
    {
        var (exitCode, output, errors) = Programs.Run("wg", arguments);
        Assert.Equal("", errors);
        Assert.Equal(0, exitCode);
        return output;
    }
}
