using System.Net;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

public sealed class ControlMethodTests : IAsyncLifetime
{
    private readonly ControlFixture _fixture = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _fixture.DisposeAsync().AsTask();

    [Fact]
    public async Task Tunnel_get_tells_everything_but_secrets()
    {
        using var privateKey = SecretKey.RandomPrivateKey();
        using var presharedKey = SecretKey.Random();
        Prepare(privateKey, presharedKey);
        using var client = await _fixture.ConnectAsync();
        var answer = await client.CallAsync("tunnel.get");
        var tunnel = answer.Result<TunnelInfo>();

        Assert.Equal(("wg0", 51820, 7u, 1420, "userspace", true), (tunnel.Name, tunnel.ListenPort, tunnel.FwMark, tunnel.Mtu, tunnel.Backend, tunnel.IsUp));
        Assert.Equal(Curve25519.PublicKeyOf(privateKey).ToString(), tunnel.PublicKey);
        Assert.Equal(["10.0.0.1/24", "fd00::1/64"], tunnel.Addresses);
        Assert.Equal("/etc/wireguard/wg0.conf", tunnel.ConfigPath);
        Assert.Equal(("box", null), (tunnel.NetNs, tunnel.SocketNetNs));
        Assert.Equal((1380, "51000"), (tunnel.ConfiguredMtu, tunnel.Table));
        Assert.Equal(["10.0.0.53", "lab.example"], tunnel.Dns!);
        Assert.Equal((true, false, false), (tunnel.KillSwitch, tunnel.Forward, tunnel.Masquerade));
        Assert.Equal(["192.168.0.0/16"], tunnel.ExcludedRoutes);
        // What was not asked for is left out, not denied.
        Assert.DoesNotContain("masquerade", answer.GetRawText());
        Assert.Equal((_fixture.Context.StartedAt, Environment.ProcessId), (tunnel.StartedAt, tunnel.ProcessId));
        Assert.Equal((30ul, 40ul), (tunnel.RxBytes, tunnel.TxBytes));

        var peer = Assert.Single(tunnel.Peers);
        Assert.Equal((Keys.Numbered(1).ToString(), "laptop", "192.0.2.1:51820"), (peer.PublicKey, peer.Name, peer.Endpoint));
        Assert.Equal(["10.0.0.7/32", "10.0.0.0/8", "fd00::/64", "::/0"], peer.AllowedIPs);
        Assert.Equal((30ul, 40ul, 25), (peer.RxBytes, peer.TxBytes, peer.PersistentKeepalive));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), peer.LastHandshake);
        Assert.True(peer.HasPresharedKey);

        Assert.Null(tunnel.PrivateKey);
        Assert.Null(peer.PresharedKey);
        Assert.DoesNotContain(privateKey.ToBase64(), answer.GetRawText());
        Assert.DoesNotContain(presharedKey.ToBase64(), answer.GetRawText());
    }

    [Fact]
    public async Task Secrets_come_only_when_asked_for_and_in_no_other_answer()
    {
        using var privateKey = SecretKey.RandomPrivateKey();
        using var presharedKey = SecretKey.Random();
        Prepare(privateKey, presharedKey);
        using var client = await _fixture.ConnectAsync();
        var tunnel = (await client.CallAsync("tunnel.get", "{\"includeSecrets\":true}")).Result<TunnelInfo>();
        Assert.Equal(privateKey.ToBase64(), tunnel.PrivateKey);
        Assert.Equal(presharedKey.ToBase64(), tunnel.Peers[0].PresharedKey);

        var key = $$"""{"publicKey":"{{Keys.Numbered(1)}}"}""";
        foreach (var (method, parameters) in new[] { ("tunnel.get", "{\"includeSecrets\":false}"), ("engine.status", null), ("peer.set", key), ("peer.add", key), ("peer.remove", key) })
        {
            var text = (await client.CallAsync(method, parameters)).GetRawText();
            Assert.DoesNotContain(privateKey.ToBase64(), text);
            Assert.DoesNotContain(presharedKey.ToBase64(), text);
        }
    }

    [Fact]
    public async Task Engine_status_counts_peers_that_shook_hands_in_the_last_three_minutes()
    {
        using (var change = new DeviceChange { Peers = [.. Enumerable.Range(1, 3).Select(i => new PeerChange { PublicKey = Keys.Numbered(i) })] })
            _fixture.Device.Apply(change);
        _fixture.Clock.Advance(TimeSpan.FromHours(1));
        _fixture.Device.Traffic[Keys.Numbered(1)] = (_fixture.Clock.GetUtcNow().AddSeconds(-179), 1, 10);
        _fixture.Device.Traffic[Keys.Numbered(2)] = (_fixture.Clock.GetUtcNow().AddSeconds(-181), 2, 20);
        using var client = await _fixture.ConnectAsync();
        var status = (await client.CallAsync("engine.status", "{}")).Result<EngineStatus>();
        Assert.Equal((3, 1, 3ul, 30ul), (status.PeerCount, status.OnlinePeerCount, status.RxBytes, status.TxBytes));
        Assert.Equal(("wg0", ControlProtocol.Version, Environment.ProcessId), (status.Tunnel, status.ProtocolVersion, status.ProcessId));
        Assert.Equal(("userspace", "scalar", 3), (status.Backend, status.CryptoBackend, status.Lanes));
        Assert.True(status.MemoryBytes > 0);
        Assert.True(status.CpuSeconds > 0);
    }

    [Fact]
    public async Task Peer_add_set_and_remove_do_what_they_say()
    {
        using var presharedKey = SecretKey.Random();
        using var client = await _fixture.ConnectAsync();
        var key = Keys.Numbered(5);
        var added = (await client.CallAsync("peer.add",
            $$"""{"publicKey":"{{key}}","name":"phone","presharedKey":"{{presharedKey.ToBase64()}}","endpoint":"[2001:db8::1]:99","persistentKeepalive":20,"allowedIPs":["10.1.2.3/24","fd00::5"]}"""))
            .Result<PeerInfo>();
        Assert.Equal((key.ToString(), "phone", "[2001:db8::1]:99", 20, true), (added.PublicKey, added.Name, added.Endpoint, added.PersistentKeepalive, added.HasPresharedKey));
        Assert.Equal(["10.1.2.0/24", "fd00::5/128"], added.AllowedIPs);
        using (var snapshot = _fixture.Device.Snapshot())
            Assert.Equal(presharedKey, snapshot.Peers[0].PresharedKey);
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{key}}"}""")).AssertError(ControlErrorCode.PeerExists);

        var appended = (await client.CallAsync("peer.set", $$"""{"publicKey":"{{key}}","allowedIPs":["10.9.0.0/16"],"appendAllowedIPs":true}""")).Result<PeerInfo>();
        Assert.Equal(["10.1.2.0/24", "10.9.0.0/16", "fd00::5/128"], appended.AllowedIPs);
        Assert.Equal(("phone", 20, true), (appended.Name, appended.PersistentKeepalive, appended.HasPresharedKey));
        var replaced = (await client.CallAsync("peer.set",
            $$"""{"publicKey":"{{key}}","allowedIPs":[],"name":"","persistentKeepalive":0,"presharedKey":"{{Convert.ToBase64String(new byte[32])}}"}""")).Result<PeerInfo>();
        Assert.Equal((null, 0, false), (replaced.Name, replaced.PersistentKeepalive, replaced.HasPresharedKey));
        Assert.Empty(replaced.AllowedIPs);

        var removed = (await client.CallAsync("peer.remove", $$"""{"publicKey":"{{key}}"}""")).Result<PeerInfo>();
        Assert.Equal("[2001:db8::1]:99", removed.Endpoint);
        (await client.CallAsync("peer.remove", $$"""{"publicKey":"{{key}}"}""")).AssertError(ControlErrorCode.PeerNotFound);
        (await client.CallAsync("peer.set", $$"""{"publicKey":"{{key}}"}""")).AssertError(ControlErrorCode.PeerNotFound);
        Assert.Equal(4, _fixture.Context.PeerChanges);
    }

    [Fact]
    public async Task A_handshake_that_is_asked_for_begins_though_nothing_is_changed()
    {
        using (var change = new DeviceChange { Peers = [new PeerChange { PublicKey = Keys.Numbered(1) }] })
            _fixture.Device.Apply(change);
        using var client = await _fixture.ConnectAsync();
        foreach (var (more, handshakes) in new[] { ("", 0), (",\"shakeHands\":true,\"dryRun\":true", 0), (",\"shakeHands\":true", 1) })
        {
            _ = (await client.CallAsync("peer.set", $$"""{"publicKey":"{{Keys.Numbered(1)}}"{{more}}}""")).Result<PeerInfo>();
            Assert.Equal(handshakes, _fixture.Device.Handshakes.Count);
        }
    }

    [Theory]
    [InlineData("""{"publicKey":"short"}""", "publicKey")]
    [InlineData("""{"publicKey":null}""", "publicKey")]
    [InlineData("""{"publicKey":"KEY","presharedKey":"short"}""", "presharedKey")]
    [InlineData("""{"publicKey":"KEY","presharedKey":5}""", "presharedKey")]
    [InlineData("""{"publicKey":"KEY","persistentKeepalive":-1}""", "persistentKeepalive")]
    [InlineData("""{"publicKey":"KEY","persistentKeepalive":65536}""", "persistentKeepalive")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":["10.0.0.0/8","10.0.0.0/33"]}""", "allowedIPs[1]")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":["-10.0.0.0/8"]}""", "allowedIPs[0]")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":[null]}""", "allowedIPs[0]")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":[""]}""", "allowedIPs[0]")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":["example.org/32"]}""", "allowedIPs[0]")]
    [InlineData("""{"publicKey":"KEY","allowedIPs":["1111111111111111111111111111111111111111111111111111111111111111111111/8"]}""", "allowedIPs[0]")]
    [InlineData("""{"publicKey":"KEY","endpoint":"example.org"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":""}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":":5"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"example.org:0"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"example.org:65536"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"ex ample.org:5"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"2001:db8::1:5"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"10.0.0.256:5"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","endpoint":"10.1:5"}""", "endpoint")]
    [InlineData("""{"publicKey":"KEY","name":"a\nb"}""", "name")]
    public async Task A_bad_value_names_its_member_and_changes_nothing(string parameters, string member)
    {
        using var client = await _fixture.ConnectAsync();
        foreach (var method in new[] { "peer.add", "peer.set" })
            (await client.CallAsync(method, parameters.Replace("KEY", Keys.Numbered(1).ToString()))).AssertError(ControlErrorCode.InvalidValue, member);
        Assert.Equal((0, 0), (_fixture.Device.Applied, _fixture.Context.PeerChanges));
    }

    [Theory]
    [InlineData("peer.add", null, null)]
    [InlineData("peer.add", "[]", null)]
    [InlineData("peer.add", "[\"x\"]", null)]
    [InlineData("peer.add", "{}", null)]
    [InlineData("peer.add", "{\"publicKey\":5}", "publicKey")]
    [InlineData("peer.add", "{\"publicKey\":\"x\",\"persistentKeepalive\":\"off\"}", "persistentKeepalive")]
    [InlineData("peer.add", "{\"publicKey\":\"x\",\"persistentKeepalive\":1e99}", "persistentKeepalive")]
    [InlineData("peer.add", "{\"publicKey\":\"x\",\"allowedIPs\":\"10.0.0.0/8\"}", "allowedIPs")]
    [InlineData("tunnel.get", "[]", null)]
    [InlineData("tunnel.get", "{\"includeSecrets\":\"yes\"}", "includeSecrets")]
    [InlineData("peer.remove", null, null)]
    public async Task Params_of_another_shape_are_invalid_params(string method, string? parameters, string? member)
    {
        using var client = await _fixture.ConnectAsync();
        (await client.CallAsync(method, parameters)).AssertError(ControlErrorCode.InvalidParams, member);
    }

    [Fact]
    public async Task A_preshared_key_with_json_escapes_is_the_same_key()
    {
        using var client = await _fixture.ConnectAsync();
        var text = Convert.ToBase64String(Enumerable.Repeat((byte)0xFB, 32).ToArray());
        Assert.Contains('+', text);
        var escaped = string.Concat(text.Select(c => $"\\u{(int)c:x4}"));
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","presharedKey":"{{escaped}}"}""")).Result<PeerInfo>();
        using var snapshot = _fixture.Device.Snapshot();
        Assert.Equal(text, snapshot.Peers[0].PresharedKey!.ToBase64());
    }

    [Fact]
    public async Task A_message_about_a_bad_preshared_key_does_not_repeat_it()
    {
        using var client = await _fixture.ConnectAsync();
        var answer = await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","presharedKey":"my-secret-but-not-a-key"}""");
        Assert.DoesNotContain("my-secret", answer.GetRawText());
        Assert.DoesNotContain("my-secret", string.Join('\n', _fixture.Log.Lines));
    }

    [Fact]
    public async Task The_tunnels_own_key_is_no_peer()
    {
        using var privateKey = SecretKey.RandomPrivateKey();
        using (var change = new DeviceChange { PrivateKey = privateKey.Clone() })
            _fixture.Device.Apply(change);
        using var client = await _fixture.ConnectAsync();
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Curve25519.PublicKeyOf(privateKey)}}"}""")).AssertError(ControlErrorCode.InvalidValue, "publicKey");
    }

    [Fact]
    public async Task Names_are_resolved_by_the_host_and_addresses_are_not()
    {
        var asked = new List<string>();
        _fixture.Context.Resolve = endpoint =>
        {
            asked.Add(endpoint);
            return Task.FromResult(new IPEndPoint(IPAddress.Parse("198.51.100.7"), 51820));
        };
        using var client = await _fixture.ConnectAsync();
        var peer = (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","endpoint":"vpn.example.org:51820"}""")).Result<PeerInfo>();
        Assert.Equal("198.51.100.7:51820", peer.Endpoint);
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(2)}}","endpoint":"192.0.2.1:51820"}""")).Result<PeerInfo>();
        Assert.Equal(["vpn.example.org:51820"], asked);
    }

    [Fact]
    public async Task An_unresolved_endpoint_changes_nothing()
    {
        using var client = await _fixture.ConnectAsync();
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","endpoint":"nowhere.invalid:1"}""")).AssertError(ControlErrorCode.EndpointUnresolved);
        Assert.Equal(0, _fixture.Device.Applied);
    }

    [Fact]
    public async Task A_slow_look_up_holds_up_its_own_client_only_and_ends_with_it()
    {
        var never = new TaskCompletionSource<IPEndPoint>();
        _fixture.Context.Resolve = _ => never.Task;
        using var other = await _fixture.ConnectAsync();
        using (var client = await _fixture.ConnectAsync())
        {
            await client.SendAsync($$$"""{"jsonrpc":"2.0","id":1,"method":"peer.add","params":{"publicKey":"{{{Keys.Numbered(1)}}}","endpoint":"slow.example:1"}}""" + "\n");
            (await other.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(2)}}"}""")).Result<PeerInfo>();
        }

        await _fixture.Server.DisposeAsync();
        Assert.Equal(1, _fixture.Device.Applied);
    }

    [Theory]
    [InlineData(DeviceChangeError.InvalidValue, ControlErrorCode.InvalidValue)]
    [InlineData(DeviceChangeError.PeerExists, ControlErrorCode.PeerExists)]
    [InlineData(DeviceChangeError.PeerNotFound, ControlErrorCode.PeerNotFound)]
    [InlineData(DeviceChangeError.AddressInUse, ControlErrorCode.AddressInUse)]
    [InlineData(DeviceChangeError.AccessDenied, ControlErrorCode.AccessDenied)]
    [InlineData(DeviceChangeError.SocketFailed, ControlErrorCode.HostNetworkFailed)]
    public async Task What_the_device_refuses_has_its_code(DeviceChangeError error, ControlErrorCode code)
    {
        using var client = await _fixture.ConnectAsync();
        _fixture.Device.NextFailure = new DeviceChangeException(error, "refused");
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}"}""")).AssertError(code);
        Assert.Equal(0, _fixture.Context.PeerChanges);
    }

    [Fact]
    public async Task What_the_host_cannot_do_about_routes_is_told()
    {
        using var client = await _fixture.ConnectAsync();
        _fixture.Context.PeersChangedFailure = new ControlException(ControlErrorCode.HostNetworkFailed, "no route");
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}"}""")).AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(1, _fixture.Context.PeerChanges);
    }

    [Fact]
    public async Task A_change_whose_routes_are_refused_is_taken_back_whole()
    {
        using (var psk = SecretKey.Random())
        using (var change = new DeviceChange
        {
            Peers =
            [
                new PeerChange { PublicKey = Keys.Numbered(1), Name = "one", PresharedKey = psk.Clone(), PersistentKeepalive = 25, AllowedIPs = [Allowed("10.1.0.0/16")] },
                new PeerChange { PublicKey = Keys.Numbered(2), AllowedIPs = [Allowed("10.2.0.0/16"), Allowed("10.3.0.0/16")] },
            ],
        })
            _fixture.Device.Apply(change);
        var before = Describe();
        using var client = await _fixture.ConnectAsync();
        _fixture.Context.PeersChangedFailure = new ControlException(ControlErrorCode.HostNetworkFailed, "no route");

        (await client.CallAsync("peer.set", $$"""{"publicKey":"{{Keys.Numbered(1)}}","name":"other","persistentKeepalive":7,"allowedIPs":["10.2.0.0/16","0.0.0.0/0"]}"""))
            .AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(before, Describe());
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(3)}}","allowedIPs":["10.3.0.0/16"]}"""))
            .AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(before, Describe());
        (await client.CallAsync("peer.set", $$"""{"publicKey":"{{Keys.Numbered(2)}}","endpoint":"192.0.2.7:1"}""")).AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(before, Describe());
        (await client.CallAsync("peer.remove", $$"""{"publicKey":"{{Keys.Numbered(2)}}"}""")).AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(before, Describe());

        static AllowedIPChange Allowed(string prefix) => new(System.Net.IPNetwork.Parse(prefix));
        string Describe()
        {
            using var snapshot = _fixture.Device.Snapshot();
            return string.Join('\n', snapshot.Peers.Select(p =>
                $"{p.PublicKey} {p.Name} {p.PresharedKey?.ToBase64()} {p.Endpoint} {p.PersistentKeepalive} {string.Join(',', p.AllowedIPs.Select(a => a.ToString()).Order())}"));
        }
    }

    [Fact]
    public async Task A_fault_inside_is_an_internal_error_without_details_and_the_connection_lives()
    {
        using var client = await _fixture.ConnectAsync();
        _fixture.Device.NextFailure = new FormatException("details for the log");
        var answer = await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}"}""");
        answer.AssertError(ControlErrorCode.InternalError);
        Assert.DoesNotContain("details", answer.GetRawText());
        Assert.Contains("details for the log", string.Join('\n', _fixture.Log.Lines));
        (await client.CallAsync("engine.status")).Result<EngineStatus>();
    }

    [Fact]
    public async Task An_answer_that_would_be_too_long_is_an_internal_error()
    {
        await using var fixture = new ControlFixture(options => options with { MaxLineBytes = 2000 });
        using (var change = new DeviceChange { Peers = [.. Enumerable.Range(1, 100).Select(i => new PeerChange { PublicKey = Keys.Numbered(i) })] })
            fixture.Device.Apply(change);
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync("tunnel.get")).AssertError(ControlErrorCode.InternalError);
        (await client.CallAsync("engine.status")).Result<EngineStatus>();
    }

    [Fact]
    public async Task Tunnel_stop_answers_and_then_asks_the_host_to_stop()
    {
        using var client = await _fixture.ConnectAsync();
        var answer = await client.CallAsync("tunnel.stop");
        Assert.Equal(JsonValueKind.Object, answer.GetProperty("result").ValueKind);
        await Wait.UntilAsync(() => _fixture.Context.StopRequests == 1);
    }

    private void Prepare(SecretKey privateKey, SecretKey presharedKey)
    {
        using var change = new DeviceChange
        {
            PrivateKey = privateKey.Clone(),
            ListenPort = 51820,
            FwMark = 7,
            Peers =
            [
                new PeerChange
                {
                    PublicKey = Keys.Numbered(1),
                    Name = "laptop",
                    PresharedKey = presharedKey.Clone(),
                    Endpoint = IPEndPoint.Parse("192.0.2.1:51820"),
                    PersistentKeepalive = 25,
                    AllowedIPs = [.. new[] { "::/0", "10.0.0.0/8", "fd00::/64", "10.0.0.7/32" }.Select(p => new AllowedIPChange(IPNetwork.Parse(p)))],
                },
            ],
        };
        _fixture.Device.Apply(change);
        _fixture.Device.Traffic[Keys.Numbered(1)] = (DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), 30, 40);
    }
}
