using System.Net;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>What honest sides come to.</summary>
public sealed class JoinTests
{
    private static readonly WindowOptions s_window = new();

    [Fact]
    public void Joining_by_code_gives_both_the_same_key_and_the_client_its_network()
    {
        using var world = new EnrollmentWorld(new ServerSettings
        {
            Dns = [IPAddress.Parse("10.150.0.1"), IPAddress.Parse("fd42:150::1")],
            Mtu = 1380,
            Keepalive = 25,
            Lease = TimeSpan.FromDays(1),
        });
        var code = world.OpenWindow(s_window);
        var identity = world.NewIdentity();
        var client = world.ClientByCode(code, identity);
        world.Run(client);

        Assert.Equal(ClientState.Joined, client.State);
        var result = client.Result!;
        var peer = world.Registry.State.Peers[identity.PublicKey];
        Assert.Equal(world.Registry.State.Identity.PublicKey, result.Server);
        Assert.Equal(peer.PresharedKey, result.PresharedKey);
        Assert.False(result.PresharedKey!.IsZero);
        Assert.Equal("laptop", peer.Name);
        Assert.Equal(["10.150.0.2/24", "fd42:150::2/64"], result.Grant.Addresses.Select(a => a.ToString()));
        Assert.Equal(peer.Addresses, result.Grant.Addresses);
        Assert.Equal(["10.150.0.0/24", "fd42:150::/64"], result.Grant.AllowedIPs.Select(a => a.ToString()));
        Assert.Equal(["10.150.0.1", "fd42:150::1"], result.Grant.Dns.Select(a => a.ToString()));
        Assert.Equal((1380, 25, 86_400u), (result.Grant.Mtu!.Value, result.Grant.Keepalive!.Value, result.Grant.LeaseSeconds!.Value));
        Assert.Equal(3, world.Requests.Count);
        Assert.Equal(
            [EnrollmentEventKind.WindowOpened, EnrollmentEventKind.Started, EnrollmentEventKind.Granted],
            world.Events.Select(e => e.Kind));
        Assert.Equal(identity.PublicKey, world.Events[^1].Peer);
    }

    [Fact]
    public void Joining_by_invitation_needs_no_window()
    {
        using var world = new EnrollmentWorld();
        var invite = world.MakeInvite("vpn.example", 51820, "printer", TimeSpan.FromDays(1), 1, out var link);
        var identity = world.NewIdentity();
        var client = world.ClientByLink(link, identity);
        world.Run(client);

        Assert.Equal(ClientState.Joined, client.State);
        var peer = world.Registry.State.Peers[identity.PublicKey];
        Assert.Equal(peer.PresharedKey, client.Result!.PresharedKey);
        Assert.Equal("printer", peer.Name);
        Assert.Equal("printer", client.Result.Grant.Name);
        Assert.Equal(invite.Id, peer.InviteId);
    }

    [Fact]
    public void An_invitation_serves_as_many_as_it_says_and_each_of_them_again()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("vpn.example", 51820, null, TimeSpan.FromDays(1), 2, out var link);
        var first = world.NewIdentity();
        foreach (var identity in new[] { first, world.NewIdentity(), first })
        {
            var client = world.ClientByLink(link, identity);
            world.Run(client);
            Assert.Equal(ClientState.Joined, client.State);
        }

        var third = world.ClientByLink(link);
        world.Run(third);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.InviteUsedUp), (third.Failure, third.Result!.Grant.Refusal));
        Assert.Equal(2, world.Registry.State.Peers.Count);
    }

    [Fact]
    public void An_invitation_ends_with_its_time_and_when_it_is_revoked()
    {
        using var world = new EnrollmentWorld();
        var invite = world.MakeInvite("vpn.example", 51820, null, TimeSpan.FromHours(1), 5, out var link);
        world.Advance(TimeSpan.FromHours(1));
        var late = world.ClientByLink(link);
        world.Run(late);
        Assert.Equal(ClientFailure.NoAnswer, late.Failure);
        Assert.Empty(world.Replies);

        world.WallOffset = TimeSpan.FromHours(-1);
        Assert.True(world.Server.RevokeInvite(invite.Id, world.Time));
        var refused = world.ClientByLink(link);
        world.Run(refused);
        Assert.Equal(ClientFailure.NoAnswer, refused.Failure);
        Assert.Empty(world.Replies);
    }

    [Fact]
    public void Joining_again_keeps_addresses_and_preshared_key()
    {
        using var world = new EnrollmentWorld();
        var identity = world.NewIdentity();
        var code = world.OpenWindow(s_window);
        var first = world.ClientByCode(code, identity);
        world.Run(first);
        world.Run(world.ClientByCode(code));
        var again = world.ClientByCode(code, identity, name: null);
        world.Run(again);

        Assert.Equal(first.Result!.Grant.Addresses, again.Result!.Grant.Addresses);
        Assert.Equal(first.Result.PresharedKey, again.Result.PresharedKey);
        Assert.Equal(again.Result.PresharedKey, world.Registry.State.Peers[identity.PublicKey].PresharedKey);
        Assert.False(again.Result.PresharedKey!.IsZero);
        Assert.Equal("laptop", again.Result.Grant.Name);
        Assert.Equal(2, world.Registry.State.Peers.Count);
    }

    [Fact]
    public void A_second_join_whose_answer_never_comes_leaves_the_tunnel_of_the_first()
    {
        using var world = new EnrollmentWorld();
        var identity = world.NewIdentity();
        var code = world.OpenWindow(s_window with { Duration = TimeSpan.FromHours(1) });
        var first = world.ClientByCode(code, identity);
        world.Run(first);
        world.ToClient = WithoutGrants;
        var second = world.ClientByCode(code, identity);
        world.Run(second);
        Assert.Equal(ClientFailure.NotConfirmed, second.Failure);
        Assert.Equal(2, world.Events.Count(e => e.Kind == EnrollmentEventKind.Granted));

        var peer = Assert.Single(world.Registry.State.Peers.Values);
        Assert.Equal(first.Result!.PresharedKey, peer.PresharedKey);
        Assert.Equal(first.Result.Grant.Addresses, peer.Addresses);
    }

    [Fact]
    public void Who_never_heard_of_being_in_hears_the_key_at_the_second_try()
    {
        using var world = new EnrollmentWorld();
        var identity = world.NewIdentity();
        var code = world.OpenWindow(s_window with { Duration = TimeSpan.FromHours(1) });
        world.ToClient = WithoutGrants;
        world.Run(world.ClientByCode(code, identity));
        using var stored = world.Registry.State.Peers[identity.PublicKey].PresharedKey.Clone();
        world.ToClient = message => message;
        var second = world.ClientByCode(code, identity);
        world.Run(second);

        Assert.Equal(ClientState.Joined, second.State);
        Assert.Equal(stored, second.Result!.PresharedKey);
        Assert.Equal(stored, world.Registry.State.Peers[identity.PublicKey].PresharedKey);
    }

    private static byte[]? WithoutGrants(byte[] message) => message[1] == (byte)EnrollmentMessage.Grant ? null : message;

    [Fact]
    public void A_full_network_is_told()
    {
        using var world = new EnrollmentWorld(pool: ["10.0.0.0/30"]);
        var code = world.OpenWindow(s_window);
        world.Run(world.ClientByCode(code));
        var second = world.ClientByCode(code);
        world.Run(second);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.PoolExhausted), (second.Failure, second.Result!.Grant.Refusal));
        Assert.Null(second.Result.PresharedKey);
        Assert.Equal(GrantRefusal.PoolExhausted, world.Events[^1].Refusal);
    }

    [Fact]
    public void What_cannot_be_stored_is_not_granted()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        world.Journal.IsFull = true;
        var client = world.ClientByCode(code);
        world.Run(client);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.NotStored), (client.Failure, client.Result!.Grant.Refusal));
        Assert.Empty(world.Registry.State.Peers);

        world.Journal.IsFull = false;
        var again = world.ClientByCode(code);
        world.Run(again);
        Assert.Equal("10.150.0.2/24", again.Result!.Grant.Addresses[0].ToString());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void A_code_may_be_typed_with_blanks_and_hyphens(int digits)
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(new WindowOptions { Digits = digits });
        Assert.Equal(digits, code.Length);
        var client = world.ClientByCode($" {code[..3]}-{code[3..]} ");
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
    }

    [Theory]
    [InlineData("12345")]
    [InlineData("123456789")]
    [InlineData("12345a")]
    [InlineData("")]
    [InlineData("１２３４５６")]
    public void What_is_no_code_is_refused_without_being_repeated(string text)
    {
        var error = Assert.Throws<FormatException>(() => Credential.FromCode(text));
        Assert.Equal("A code is 6 to 8 digits.", error.Message);
    }

    [Fact]
    public void Codes_are_all_as_likely_and_keep_their_zeros()
    {
        var next = new Queue<uint>([uint.MaxValue, 4_294_000_000, 7, 1_000_008]);
        void Random(Span<byte> bytes) => BitConverter.TryWriteBytes(bytes, next.Dequeue());
        // The first two lie above the last whole multiple of a million.
        using var one = EnrollmentWindow.Open(s_window, 0, Random, out var code);
        Assert.Equal("000007", code.Reveal());
        using var two = EnrollmentWindow.Open(s_window, 0, Random, out code);
        Assert.Equal("000008", code.Reveal());
    }
}
