using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Enrollment;

/// <summary>Who knows the code but claims a key that is not its own; and what stays hidden from whom.</summary>
public sealed class ProofTests
{
    private static readonly WindowOptions s_window = new();

    [Fact]
    public void A_client_cannot_claim_a_key_without_its_private_half()
    {
        using var world = new EnrollmentWorld();
        using var run = new LowLevelClient(world, world.OpenWindow(s_window));
        var victim = world.NewIdentity();
        Assert.Empty(world.Ask(run.Finish(claimed: victim.PublicKey, proven: world.NewIdentity())));
        Assert.Empty(world.Registry.State.Peers);

        using var honest = new LowLevelClient(world, run.Code);
        Assert.NotEmpty(world.Ask(honest.Finish(claimed: victim.PublicKey, proven: victim)));
        Assert.Contains(victim.PublicKey, world.Registry.State.Peers.Keys);
    }

    [Fact]
    public void A_client_that_claims_the_servers_own_key_is_not_let_in()
    {
        using var world = new EnrollmentWorld();
        using var run = new LowLevelClient(world, world.OpenWindow(s_window));
        var server = world.Registry.State.Identity;
        Assert.Empty(world.Ask(run.Finish(server.PublicKey, server)));
        Assert.Empty(world.Registry.State.Peers);
    }

    // Both have the code; the impostor shows the server's key and proves its own.
    [Fact]
    public void A_server_cannot_claim_a_key_without_its_private_half()
    {
        foreach (var isHonest in new[] { true, false })
        {
            using var world = new EnrollmentWorld();
            using var credential = Credential.FromCode("123456");
            var client = world.ClientByCode("123456");
            var (own, victim) = (world.NewIdentity(), world.NewIdentity());

            var retry = new byte[EnrollmentFormat.RetrySize];
            EnrollmentFormat.Begin(retry, EnrollmentMessage.Retry, CredentialKind.Code);
            client.Poll(world.Now).Slice(EnrollmentFormat.ClientNonce, EnrollmentFormat.NonceSize).CopyTo(retry.AsSpan(EnrollmentFormat.ClientNonce));
            client.Receive(retry, world.Now);
            var clientShare = client.Poll(world.Now).ToArray();

            using var ephemeral = new EphemeralShare(credential, EnrollmentFormat.SessionOf(clientShare), SecureRandom.Fill);
            var share = new byte[EnrollmentFormat.ServerShareSize];
            EnrollmentFormat.Begin(share, EnrollmentMessage.ServerShare, CredentialKind.Code);
            EnrollmentFormat.SessionOf(clientShare).CopyTo(share.AsSpan(EnrollmentFormat.ClientNonce));
            ephemeral.Share.CopyTo(share.AsSpan(EnrollmentFormat.ServerShare.Share));
            ephemeral.PublicKey.CopyTo(share.AsSpan(EnrollmentFormat.ServerShare.Ephemeral));
            using var keys = ephemeral.Agree(credential, clientShare, share, isClient: false)!;
            client.Receive(share, world.Now);

            var payload = new byte[EnrollmentFormat.Finish.PayloadSize];
            var finish = client.Poll(world.Now).ToArray();
            Assert.True(FinishMessage.IsConfirmed(finish, keys));
            Assert.True(FinishMessage.TryOpen(finish, keys, ephemeral, out _, payload));
            client.Receive(Grant(finish, keys, victim.PublicKey, isHonest ? victim : own, clientShare), world.Now);

            Assert.Equal(isHonest ? ClientState.Joined : ClientState.Finishing, client.State);
        }
    }

    [Fact]
    public void An_invitation_is_good_for_the_server_that_it_names_only()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        Assert.True(InviteLink.TryParse(link, out var invite));
        using var credential = Credential.FromInvite(invite.Secret, invite.ServerFingerprint);
        var other = Credential.Fingerprint(world.NewIdentity().PublicKey);
        using var client = new EnrollmentClient(
            new ClientOptions { Credential = credential, Identity = world.NewIdentity(), ServerFingerprint = other },
            world.Now);
        world.Run(client);
        Assert.Equal(ClientFailure.OtherServer, client.Failure);
        Assert.Null(client.Result);
    }

    [Fact]
    public void A_stranger_to_the_servers_key_gets_no_answer_though_there_are_invitations()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out _);
        using var credential = Credential.FromInvite(new byte[16], new byte[16]);
        using var client = new EnrollmentClient(new ClientOptions { Credential = credential, Identity = world.NewIdentity() }, world.Now);
        world.Run(client);
        Assert.Empty(world.Replies);

        // Who knows it, as every peer does, comes as far as a cookie; without a secret no session begins.
        using var peer = Credential.FromInvite(new byte[16], Credential.Fingerprint(world.Registry.State.Identity.PublicKey));
        using var second = new EnrollmentClient(new ClientOptions { Credential = peer, Identity = world.NewIdentity() }, world.Now);
        world.Run(second);
        Assert.All(world.Replies, reply => Assert.Equal(EnrollmentFormat.RetrySize, reply.Length));
        Assert.DoesNotContain(world.Events, e => e.Kind == EnrollmentEventKind.Started);
    }

    // Neither key, nor name, nor address, nor digits, nor secret stands in anything that passes.
    [Fact]
    public void What_is_secret_passes_under_encryption_only()
    {
        using var world = new EnrollmentWorld();
        var identity = world.NewIdentity();
        var code = world.OpenWindow(s_window);
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        Assert.True(InviteLink.TryParse(link, out var invite));
        world.Run(world.ClientByCode(code, identity, "a-telling-name"));
        world.Run(world.ClientByLink(link, identity, "a-telling-name"));
        var peer = Assert.Single(world.Registry.State.Peers.Values);
        byte[][] secrets =
        [
            identity.PublicKey.Span.ToArray(), world.Registry.State.Identity.PublicKey.Span.ToArray(), peer.PresharedKey.Span.ToArray(),
            "a-telling-name"u8.ToArray(), peer.Addresses[0].Address.GetAddressBytes(), System.Text.Encoding.ASCII.GetBytes(code), invite.Secret.ToArray(),
            Credential.Fingerprint(world.Registry.State.Identity.PublicKey),
        ];
        Assert.Equal(6, world.Replies.Count);
        Assert.All(world.Requests.Concat(world.Replies), message => Assert.All(secrets, secret => Assert.Equal(-1, message.AsSpan().IndexOf(secret))));
    }

    [Fact]
    public void Two_runs_have_nothing_in_common_that_is_not_fixed()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        var identity = world.NewIdentity();
        world.Run(world.ClientByLink(link, identity));
        world.Run(world.ClientByLink(link, identity));
        var sent = world.Requests.Concat(world.Replies).ToList();
        foreach (var (one, other) in sent.Where((_, i) => i % 6 < 3).Zip(sent.Where((_, i) => i % 6 >= 3)))
        {
            for (var at = EnrollmentFormat.ClientNonce; at + 8 <= one.Length; at += 8)
            {
                var part = one.AsSpan(at, Math.Min(8, one.Length - at));
                if (one[1] == other[1] && part.ContainsAnyExcept((byte)0) && at != EnrollmentFormat.Grant.Sequence)
                    Assert.False(part.SequenceEqual(other.AsSpan(at, part.Length)), $"kind {one[1]}, byte {at}");
            }
        }
    }

    private static byte[] Grant(byte[] finish, EnrollmentKeys keys, PublicKey claimed, StaticIdentity proven, byte[] clientShare)
    {
        var grant = new byte[EnrollmentFormat.GrantSize];
        EnrollmentFormat.Begin(grant, EnrollmentMessage.Grant, CredentialKind.Code);
        EnrollmentFormat.SessionOf(finish).CopyTo(grant.AsSpan(EnrollmentFormat.ClientNonce));
        var confirmation = grant.AsSpan(EnrollmentFormat.Grant.Confirmation, EnrollmentFormat.ConfirmationSize);
        keys.Absorb(grant.AsSpan(0, EnrollmentFormat.FrameSize));
        keys.Confirm(confirmation, "server"u8);
        keys.Absorb(confirmation);
        var key = grant.AsSpan()[EnrollmentFormat.Grant.Static..EnrollmentFormat.Grant.Payload];
        keys.Seal(key, 1, claimed.Span);
        keys.Absorb(key);
        var shared = new byte[32];
        X25519.SharedSecret(shared, proven.PrivateKey.Span, clientShare.AsSpan(EnrollmentFormat.ClientShare.Ephemeral, 32));
        keys.Mix(shared);
        var payload = new byte[EnrollmentFormat.Grant.PayloadSize];
        new GrantPayload { Addresses = [new(System.Net.IPAddress.Loopback, 32)], AllowedIPs = [new(System.Net.IPAddress.Loopback, 32)] }.Write(payload);
        GrantMessage.WritePayload(grant, keys, GrantMessage.Decided, payload);
        return grant;
    }

    // A client that says what the test wants.
    private sealed class LowLevelClient : IDisposable
    {
        private readonly Credential _credential;
        private readonly EphemeralShare _own;
        private readonly EnrollmentKeys _keys;
        private readonly byte[] _serverShare;

        internal LowLevelClient(EnrollmentWorld world, string code)
        {
            Code = code;
            _credential = Credential.FromCode(code);
            var hello = new byte[EnrollmentFormat.HelloSize];
            EnrollmentFormat.Begin(hello, EnrollmentMessage.Hello, CredentialKind.Code);
            SecureRandom.Fill(hello.AsSpan(EnrollmentFormat.ClientNonce, EnrollmentFormat.NonceSize));
            _credential.WriteMac1(hello);
            var retry = world.Ask(hello);
            var share = new byte[EnrollmentFormat.ClientShareSize];
            EnrollmentFormat.Begin(share, EnrollmentMessage.ClientShare, CredentialKind.Code);
            retry.AsSpan(EnrollmentFormat.ClientNonce).CopyTo(share.AsSpan(EnrollmentFormat.ClientNonce));
            _own = new EphemeralShare(_credential, EnrollmentFormat.SessionOf(retry), SecureRandom.Fill);
            _own.Share.CopyTo(share.AsSpan(EnrollmentFormat.ClientShare.Share));
            _own.PublicKey.CopyTo(share.AsSpan(EnrollmentFormat.ClientShare.Ephemeral));
            _credential.WriteMac1(share);
            _serverShare = world.Ask(share);
            _keys = _own.Agree(_credential, share, _serverShare, isClient: true)!;
        }

        internal string Code { get; }

        internal byte[] Finish(PublicKey claimed, StaticIdentity proven)
        {
            var finish = new byte[EnrollmentFormat.FinishSize];
            EnrollmentFormat.Begin(finish, EnrollmentMessage.Finish, CredentialKind.Code);
            EnrollmentFormat.SessionOf(_serverShare).CopyTo(finish.AsSpan(EnrollmentFormat.ClientNonce));
            var confirmation = finish.AsSpan(EnrollmentFormat.Finish.Confirmation, EnrollmentFormat.ConfirmationSize);
            _keys.Absorb(finish.AsSpan(0, EnrollmentFormat.FrameSize));
            _keys.Confirm(confirmation, "client"u8);
            _keys.Absorb(confirmation);
            var key = finish.AsSpan()[EnrollmentFormat.Finish.Static..EnrollmentFormat.Finish.Payload];
            _keys.Seal(key, 0, claimed.Span);
            _keys.Absorb(key);
            var shared = new byte[32];
            X25519.SharedSecret(shared, proven.PrivateKey.Span, _serverShare.AsSpan(EnrollmentFormat.ServerShare.Ephemeral, 32));
            _keys.Mix(shared);
            _keys.Seal(finish.AsSpan(EnrollmentFormat.Finish.Payload), 0, new byte[EnrollmentFormat.Finish.PayloadSize]);
            return finish;
        }

        public void Dispose()
        {
            _credential.Dispose();
            _own.Dispose();
            _keys.Dispose();
        }
    }
}
