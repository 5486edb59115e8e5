using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests.Client;

public sealed class EngineClientTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Asks_for_tunnel_and_status()
    {
        _directory.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer });
        using var client = await _directory.ConnectAsync("wg0");

        Assert.Equal("wg0", (await client.GetTunnelAsync(false, CancellationToken.None)).Name);
        Assert.Equal(1, (await client.GetStatusAsync(CancellationToken.None)).PeerCount);
    }

    [Fact]
    public async Task Asks_for_secrets_only_when_told_to()
    {
        var server = _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");

        Assert.Null((await client.GetTunnelAsync(false, CancellationToken.None)).PrivateKey);
        Assert.False(server.Tunnel.SecretsAsked);
        Assert.Equal(Keys.Private, (await client.GetTunnelAsync(true, CancellationToken.None)).PrivateKey);
        Assert.True(server.Tunnel.SecretsAsked);
    }

    [Fact]
    public async Task Carries_every_part_of_a_peer_change()
    {
        var server = _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");
        using var key = SecretKey.Random();
        var added = await client.AddPeerAsync(
            new PeerChangeRequest
            {
                PublicKey = Keys.Peer,
                Name = "laptop",
                PresharedKey = key,
                Endpoint = "192.0.2.1:51820",
                AllowedIPs = ["10.0.0.2/32"],
                PersistentKeepalive = 25,
            },
            CancellationToken.None);

        Assert.Equal(("laptop", "192.0.2.1:51820", 25, true), (added.Name, added.Endpoint, added.PersistentKeepalive, added.HasPresharedKey));
        Assert.Equal(["10.0.0.2/32"], added.AllowedIPs);
        Assert.Equal(key.ToBase64(), server.Tunnel.PresharedKeys[Keys.Peer]);

        var changed = await client.SetPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer, PersistentKeepalive = 0 }, CancellationToken.None);
        Assert.Equal(("laptop", 0, true), (changed.Name, changed.PersistentKeepalive, changed.HasPresharedKey));
        Assert.Equal(Keys.Peer, (await client.RemovePeerAsync(new PeerRemoveRequest(Keys.Peer), CancellationToken.None)).PublicKey);
    }

    /// <summary>And however long an answer takes, it comes.</summary>
    [Fact]
    public async Task A_client_that_waits_for_a_moment_has_most_answers_without_another_thread()
    {
        _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");
        client.WaitsForAMoment = true;
        var atOnce = 0;
        for (var i = 0; i < 50; i++)
        {
            var answer = client.GetTunnelAsync(false, CancellationToken.None);
            atOnce += answer.IsCompleted ? 1 : 0;
            Assert.Equal("wg0", (await answer).Name);
        }

        // On a busy machine some take longer.
        Assert.NotEqual(0, atOnce);
    }

    [Fact]
    public async Task An_error_is_told_by_its_id_and_leaves_the_connection_usable()
    {
        _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");

        await ThrowsAsync(ErrorIds.PeerNotFound, () => client.RemovePeerAsync(new PeerRemoveRequest(Keys.Peer), CancellationToken.None));
        await client.AddPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer }, CancellationToken.None);
        Assert.Empty((await client.AddPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer }, CancellationToken.None)).Changes!);
        await ThrowsAsync(ErrorIds.PeerExists, () => client.AddPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer, Name = "other" }, CancellationToken.None));
        Assert.False(client.IsBroken);
    }

    [Theory]
    [InlineData(FakeBehavior.Hung, ErrorIds.EngineTimeout)]
    [InlineData(FakeBehavior.OtherVersion, ErrorIds.EngineVersionMismatch)]
    [InlineData(FakeBehavior.RubbishGreeting, ErrorIds.EngineProtocolError)]
    [InlineData(FakeBehavior.EndlessGreeting, ErrorIds.EngineProtocolError)]
    [InlineData(FakeBehavior.HalfGreeting, ErrorIds.EngineConnectionLost)]
    [InlineData(FakeBehavior.CloseAtOnce, ErrorIds.EngineConnectionLost)]
    public async Task A_bad_greeting_is_told_apart(FakeBehavior behavior, string errorId)
    {
        _directory.Serve("wg0", behavior);
        var timeouts = behavior == FakeBehavior.Hung ? TestDirectory.Impatient : TestDirectory.Patient;

        await ThrowsAsync(errorId, () => _directory.ConnectAsync("wg0", timeouts));
    }

    [Theory]
    [InlineData(FakeBehavior.HungAfterGreeting, ErrorIds.EngineTimeout)]
    [InlineData(FakeBehavior.RubbishAnswer, ErrorIds.EngineProtocolError)]
    [InlineData(FakeBehavior.WrongId, ErrorIds.EngineProtocolError)]
    [InlineData(FakeBehavior.HalfAnswer, ErrorIds.EngineConnectionLost)]
    [InlineData(FakeBehavior.CloseOnRequest, ErrorIds.EngineConnectionLost)]
    public async Task After_a_bad_answer_the_connection_is_of_no_more_use(FakeBehavior behavior, string errorId)
    {
        _directory.Serve("wg0", behavior);
        var timeouts = TestDirectory.Patient with { Request = behavior == FakeBehavior.HungAfterGreeting ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(60) };
        using var client = await _directory.ConnectAsync("wg0", timeouts);

        await ThrowsAsync(errorId, () => client.GetTunnelAsync(false, CancellationToken.None));
        Assert.True(client.IsBroken);
        await ThrowsAsync(ErrorIds.EngineConnectionLost, () => client.GetTunnelAsync(false, CancellationToken.None));
    }

    [Fact]
    public async Task Events_between_answers_are_passed_over()
    {
        _directory.Serve("wg0", FakeBehavior.Chatty);
        using var client = await _directory.ConnectAsync("wg0");

        Assert.Equal("wg0", (await client.GetTunnelAsync(false, CancellationToken.None)).Name);
        Assert.Equal("wg0", (await client.GetTunnelAsync(false, CancellationToken.None)).Name);
    }

    [Fact]
    public async Task An_answer_without_result_is_a_protocol_error()
    {
        _directory.Serve("wg0", FakeBehavior.EmptyAnswer);
        using var client = await _directory.ConnectAsync("wg0");

        await ThrowsAsync(ErrorIds.EngineProtocolError, () => client.GetTunnelAsync(false, CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_error_id_becomes_EngineFailed_with_the_engines_words()
    {
        _directory.Serve("wg0", FakeBehavior.UnknownError);
        using var client = await _directory.ConnectAsync("wg0");

        var exception = await ThrowsAsync(ErrorIds.EngineFailed, () => client.GetTunnelAsync(false, CancellationToken.None));
        Assert.Equal("Something new.", exception.Message);
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_timeout()
    {
        _directory.Serve("wg0", FakeBehavior.HungAfterGreeting);
        using var client = await _directory.ConnectAsync("wg0");
        using var cancel = new CancellationTokenSource();

        var question = client.GetTunnelAsync(false, cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question);
    }

    [Fact]
    public async Task Questions_from_many_threads_wait_for_their_turn()
    {
        _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => client.GetTunnelAsync(false, CancellationToken.None))));
        Assert.All(answers, a => Assert.Equal("wg0", a.Name));
    }

    [Fact]
    public async Task A_tunnel_with_very_many_prefixes_fits()
    {
        var prefixes = Enumerable.Range(0, 130_560).Select(i => $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32").ToArray();
        _directory.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer, AllowedIPs = prefixes });
        using var client = await _directory.ConnectAsync("wg0");

        Assert.Equal(prefixes, (await client.GetTunnelAsync(false, CancellationToken.None)).Peers[0].AllowedIPs);
    }

    [Fact]
    public async Task Nobody_behind_the_socket_is_no_tunnel()
    {
        _directory.LeaveBehind("stale");

        await ThrowsAsync(ErrorIds.TunnelNotFound, () => _directory.ConnectAsync("stale"));
        await ThrowsAsync(ErrorIds.TunnelNotFound, () => _directory.ConnectAsync("missing"));
    }

    [Fact]
    public async Task The_engines_process_is_known_to_the_system()
    {
        _directory.Serve("wg0");
        using var client = await _directory.ConnectAsync("wg0");

        Assert.Equal(OperatingSystem.IsLinux() ? Environment.ProcessId : 0, client.EngineProcessId);
    }

    private static async Task<WgException> ThrowsAsync(string errorId, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<WgException>(action);
        Assert.Equal(errorId, exception.ErrorId);
        return exception;
    }
}
