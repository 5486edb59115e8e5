using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Tun;
using WireGuard.Tests.Device;
using Xunit.Abstractions;

namespace WireGuard.Tests.Control;

/// <summary>What the lines of UAPI do to a device, over a real socket.</summary>
public sealed class UapiDeviceTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string s_zeros = new('0', 64);
    private static readonly byte[] s_packet = TestPacket.Make("10.0.0.1", "10.0.0.2");

    private readonly UapiDevice _uapi = new();

    public static TheoryData<string> BadLines => new(
        "unknown=1", "protocol_version=2", "allowed_ip=10.0.0.0/33", "endpoint=192.0.2.1", "persistent_keepalive_interval=65536", "preshared_key=00", "public_key=00");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _uapi.DisposeAsync();

    [Theory]
    [MemberData(nameof(BadLines))]
    public async Task A_bad_line_at_the_end_leaves_everything_as_it_was(string line)
    {
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        var before = await _uapi.GetAsync();
        Assert.Equal(-22, await _uapi.SetAsync(
            $"private_key={UapiDevice.Stranger}", "listen_port=7", "fwmark=9", "replace_peers=true",
            $"public_key={UapiDevice.Stranger}", "allowed_ip=10.0.0.2/32", $"public_key={_uapi.PeerB}", "remove=true", $"public_key={UapiDevice.Stranger}", line));
        Assert.Equal(before, await _uapi.GetAsync());
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
    }

    [Fact]
    public async Task A_port_in_use_is_told_as_such_and_nothing_else_is_applied()
    {
        using var rival = _uapi.Pair.Network.Attach(_uapi.A.Address);
        rival.Open(5555, 0);
        var before = await _uapi.GetAsync();
        Assert.Equal(-98, await _uapi.SetAsync($"private_key={s_zeros}", "fwmark=9", "listen_port=5555", "replace_peers=true", $"public_key={UapiDevice.Stranger}"));
        Assert.Equal(before, await _uapi.GetAsync());
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
    }

    [Fact]
    public async Task Private_keys_read_back_clamped_and_zeros_remove_them()
    {
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + new string('f', 64)));
        Assert.Equal(["f8" + new string('f', 60) + "7f"], await _uapi.GetAsync("private_key"));
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + s_zeros));
        Assert.Empty(await _uapi.GetAsync("private_key"));
    }

    [Fact]
    public async Task The_same_private_key_again_changes_nothing_clamped_or_not()
    {
        var key = _uapi.A.Key.Span.ToArray();
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        key[0] |= 7;
        key[31] |= 0x80;
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + Convert.ToHexStringLower(_uapi.A.Key.Span)));
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + Convert.ToHexStringLower(key)));
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(1, Handshakes());
    }

    [Fact]
    public async Task After_a_new_private_key_the_next_packet_shakes_hands_at_once()
    {
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        using var key = SecretKey.RandomPrivateKey();
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + Convert.ToHexStringLower(key.Span)));
        _uapi.B.AddPeer(_uapi.A, ["10.0.0.1/32"], withEndpoint: false);
        // Not a moment later: the clock stands still. B would refuse a second initiation so soon only from the same key.
        Assert.Equal(s_packet, _uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(2, Handshakes());
    }

    [Fact]
    public async Task What_waits_for_a_private_key_is_sent_when_it_comes()
    {
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + s_zeros));
        Assert.Null(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + Convert.ToHexStringLower(_uapi.A.Key.Span)));
        _uapi.Pair.Settle();
        Assert.Equal(s_packet, _uapi.B.Tun.TakeOrNull());
    }

    [Fact]
    public async Task The_devices_own_key_is_no_peer_and_a_peers_key_as_the_devices_removes_the_peer()
    {
        var own = Keys.Hex(_uapi.A.PublicKey);
        Assert.Equal(0, await _uapi.SetAsync($"public_key={own}", "allowed_ip=10.7.0.0/16", $"public_key={UapiDevice.Stranger}"));
        Assert.Equal([_uapi.PeerB, UapiDevice.Stranger], await _uapi.GetAsync("public_key"));
        Assert.Equal(0, await _uapi.SetAsync("private_key=" + Convert.ToHexStringLower(_uapi.B.Key.Span)));
        Assert.Equal([UapiDevice.Stranger], await _uapi.GetAsync("public_key"));
    }

    [Fact]
    public async Task Port_zero_picks_one_that_stays_through_down_and_up()
    {
        Assert.Equal(0, await _uapi.SetAsync("listen_port=0"));
        var port = Assert.Single(await _uapi.GetAsync("listen_port"));
        Assert.NotEqual($"{DeviceUnderTest.Port}", port);
        Assert.Equal(port, $"{_uapi.A.Bind.Port}");
        _uapi.A.Tun.Raise(TunEvent.Down);
        Assert.Equal([port], await _uapi.GetAsync("listen_port"));
        _uapi.A.Tun.Raise(TunEvent.Up);
        Assert.Equal([port], await _uapi.GetAsync("listen_port"));
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
    }

    [Fact]
    public async Task A_mark_reaches_the_socket_and_zero_takes_it_off()
    {
        Assert.Equal(0, await _uapi.SetAsync("fwmark=4294967295"));
        Assert.Equal(uint.MaxValue, _uapi.A.Bind.FwMark);
        Assert.Equal(["4294967295"], await _uapi.GetAsync("fwmark"));
        Assert.Equal(0, await _uapi.SetAsync("fwmark=0"));
        Assert.Equal(0u, _uapi.A.Bind.FwMark);
        Assert.Empty(await _uapi.GetAsync("fwmark"));
        // UAPI knows decimal only; wg(8) reads hexadecimal and "off" itself.
        Assert.Equal(-22, await _uapi.SetAsync("fwmark=0x33"));
    }

    [Fact]
    public async Task Replace_peers_removes_all_that_are_not_named_again()
    {
        Assert.Equal(0, await _uapi.SetAsync("replace_peers=true", $"public_key={UapiDevice.Stranger}"));
        Assert.Equal([UapiDevice.Stranger], await _uapi.GetAsync("public_key"));
        Assert.Equal(0, await _uapi.SetAsync("replace_peers=true"));
        Assert.Empty(await _uapi.GetAsync("public_key"));
        Assert.Null(_uapi.A.Device.AllowedIPs.Find(IPAddress.Parse("10.0.0.2")));
    }

    [Fact]
    public async Task Update_only_and_remove_of_a_missing_peer_do_nothing()
    {
        Assert.Equal(0, await _uapi.SetAsync($"public_key={UapiDevice.Stranger}", "update_only=true", "allowed_ip=10.0.0.2/32"));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={UapiDevice.Stranger}", "remove=true"));
        Assert.Equal([_uapi.PeerB], await _uapi.GetAsync("public_key"));
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "update_only=true", "persistent_keepalive_interval=9"));
        Assert.Equal(["9"], await _uapi.GetAsync("persistent_keepalive_interval"));
    }

    [Fact]
    public async Task A_preshared_key_is_used_and_zeros_remove_it()
    {
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "preshared_key=" + UapiDevice.Stranger));
        Assert.Equal([UapiDevice.Stranger], await _uapi.GetAsync("preshared_key"));
        // The other end does not have it.
        Assert.Null(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "preshared_key=" + s_zeros));
        Assert.Equal([s_zeros], await _uapi.GetAsync("preshared_key"));
        _uapi.Pair.Run(TimeSpan.FromSeconds(6));
        Assert.NotNull(_uapi.B.Tun.TakeOrNull());
    }

    [Theory]
    [InlineData("192.0.2.9:1", "192.0.2.9:1")]
    [InlineData("[2001:DB8:0::9]:65535", "[2001:db8::9]:65535")]
    [InlineData("[fe80::1%1]:51820", "[fe80::1%1]:51820")]
    [InlineData("[fe80::1%lo]:51820", "[fe80::1%1]:51820")]
    public async Task Endpoints_come_back_in_their_usual_form(string given, string shown)
    {
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "endpoint=" + given));
        Assert.Equal([shown], await _uapi.GetAsync("endpoint"));
    }

    [Fact]
    public async Task A_keepalive_interval_set_where_there_was_none_sends_one_at_once()
    {
        Assert.Equal(["0"], await _uapi.GetAsync("persistent_keepalive_interval"));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "persistent_keepalive_interval=65535"));
        _uapi.Pair.Settle();
        Assert.Equal(["65535"], await _uapi.GetAsync("persistent_keepalive_interval"));
        Assert.Equal(["180"], await _uapi.GetAsync("tx_bytes"));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "persistent_keepalive_interval=10"));
        _uapi.Pair.Settle();
        Assert.Equal(["180"], await _uapi.GetAsync("tx_bytes"));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={_uapi.PeerB}", "persistent_keepalive_interval=0"));
        _uapi.Pair.Run(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
        Assert.Equal(["180"], await _uapi.GetAsync("tx_bytes"));
    }

    [Fact]
    public async Task Allowed_ips_are_masked_replaced_cleared_and_taken_away()
    {
        var peer = $"public_key={_uapi.PeerB}";
        Assert.Equal(0, await _uapi.SetAsync(peer, "replace_allowed_ips=true", "allowed_ip=10.1.2.3/9", "allowed_ip=2001:db8::ffff/33", "allowed_ip=10.1.2.3/32"));
        Assert.Equal(["10.0.0.0/9", "10.1.2.3/32", "2001:db8::/33"], await _uapi.GetAsync("allowed_ip"));
        Assert.Equal(0, await _uapi.SetAsync(peer, "allowed_ip=-10.77.0.0/9", "allowed_ip=0.0.0.0/0", "allowed_ip=::/0"));
        Assert.Equal(["0.0.0.0/0", "10.1.2.3/32", "::/0", "2001:db8::/33"], await _uapi.GetAsync("allowed_ip"));
        Assert.Equal(0, await _uapi.SetAsync(peer, "replace_allowed_ips=true"));
        Assert.Empty(await _uapi.GetAsync("allowed_ip"));
        Assert.Equal([_uapi.PeerB], await _uapi.GetAsync("public_key"));
    }

    [Fact]
    public async Task An_allowed_ip_moves_to_whom_it_is_given_and_only_its_owner_can_lose_it()
    {
        Assert.Equal(0, await _uapi.SetAsync($"public_key={UapiDevice.Stranger}", "allowed_ip=-10.0.0.2/32", "allowed_ip=-fd00::2/128", "allowed_ip=-172.16.0.0/12"));
        Assert.Equal(["10.0.0.2/32", "fd00::2/128"], await _uapi.GetAsync("allowed_ip"));
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal(0, await _uapi.SetAsync($"public_key={UapiDevice.Stranger}", "allowed_ip=10.0.0.2/32"));
        using (var snapshot = _uapi.A.Device.Snapshot())
            Assert.Equal(["fd00::2/128", "10.0.0.2/32"], snapshot.Peers.Select(p => Assert.Single(p.AllowedIPs).ToString()));
        Assert.Null(_uapi.Pair.SendAtoB(s_packet));
    }

    [Fact]
    public async Task Handshake_time_and_bytes_are_told()
    {
        Assert.Equal(["0"], await _uapi.GetAsync("last_handshake_time_sec"));
        Assert.Equal(["0"], await _uapi.GetAsync("last_handshake_time_nsec"));
        _uapi.Pair.Time.Advance(TimeSpan.FromTicks(12_345_678));
        var now = _uapi.Pair.Time.GetUtcNow() - DateTimeOffset.UnixEpoch;
        Assert.NotNull(_uapi.Pair.SendAtoB(s_packet));
        Assert.Equal([(now.Ticks / TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture)], await _uapi.GetAsync("last_handshake_time_sec"));
        Assert.Equal([(now.Ticks % TimeSpan.TicksPerSecond * 100).ToString(CultureInfo.InvariantCulture)], await _uapi.GetAsync("last_handshake_time_nsec"));
        Assert.Equal([$"{148 + 128}"], await _uapi.GetAsync("tx_bytes"));
        Assert.Equal(["92"], await _uapi.GetAsync("rx_bytes"));
    }

    [Fact]
    public async Task A_hundred_and_thirty_thousand_allowed_ips_are_set_and_read_back_whole()
    {
        const int Count = 130_560;
        var expected = new HashSet<string>(Count);
        var lines = new StringBuilder($"public_key={_uapi.PeerB}\nreplace_allowed_ips=true");
        for (var i = 0; i < Count; i++)
        {
            var prefix = i % 2 == 0 ? $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32" : $"fd00:{i >> 16:x}:{i & 0xFFFF:x}::/64";
            expected.Add(IPNetwork.Parse(prefix).ToString());
            lines.Append("\nallowed_ip=").Append(prefix);
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await _uapi.SetAsync(lines.ToString()));
        var set = watch.Elapsed;
        watch.Restart();
        var read = await _uapi.GetAsync("allowed_ip");
        output.WriteLine($"set {set.TotalMilliseconds:0} ms, get {watch.Elapsed.TotalMilliseconds:0} ms");
        Assert.Equal(Count, read.Length);
        Assert.True(expected.SetEquals(read));
    }

    private int Handshakes() => _uapi.A.Events.Count(e => e.Kind == DeviceEventKind.HandshakeCompleted);
}
