using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>What strangers can make the server do and keep.</summary>
public sealed class EnrollmentLimitTests
{
    private static readonly WindowOptions s_window = new();

    [Fact]
    public void Strangers_get_nothing_kept_and_little_sent()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var hello = world.ClientByCode("000000").Poll(world.Now).ToArray();
        var answers = 0;
        for (var i = 0; i < 10_000; i++)
            answers += world.Ask(hello, source: i % 200).Length > 0 ? 1 : 0;
        Assert.InRange(answers, 1, 200);
        Assert.DoesNotContain(world.Events, e => e.Kind == EnrollmentEventKind.Started);

        world.Advance(TimeSpan.FromSeconds(1));
        var client = world.ClientByCode(code);
        world.Run(client, source: 250);
        Assert.Equal(ClientState.Joined, client.State);
    }

    [Fact]
    public void Strangers_who_ask_for_a_window_do_not_keep_out_who_has_an_invitation()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        world.OpenWindow(s_window);
        var hello = world.ClientByCode("000000").Poll(world.Now).ToArray();
        for (var i = 0; i < 1000; i++)
            world.Ask(hello, source: i % 200);
        var invited = world.ClientByLink(link);
        world.Run(invited, TimeSpan.FromMilliseconds(10), source: 250);
        Assert.Equal(ClientState.Joined, invited.State);
    }

    [Fact]
    public void Strangers_who_hold_all_places_of_a_window_do_not_keep_out_who_has_an_invitation()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        var code = world.OpenWindow(s_window);
        for (var i = 0; i < 80; i++)
        {
            using var stranger = world.ClientByCode("000000");
            stranger.Receive(world.Ask(stranger.Poll(world.Now), 1 + (i % 20)), world.Now);
            world.Ask(stranger.Poll(world.Now), 1 + (i % 20));
        }

        var late = world.ClientByCode(code);
        world.Run(late, TimeSpan.FromMilliseconds(100), source: 250);
        Assert.Equal(ClientState.Sharing, late.State);
        var invited = world.ClientByLink(link);
        world.Run(invited, TimeSpan.FromMilliseconds(100), source: 250);
        Assert.Equal(ClientState.Joined, invited.State);
    }

    [Fact]
    public void A_source_has_four_sessions_and_all_have_sixty_four()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var begun = new Dictionary<int, int>();
        for (var source = 1; source <= 20; source++)
        {
            for (var i = 0; i < 6; i++)
            {
                var client = world.ClientByCode(code);
                client.Receive(world.Ask(client.Poll(world.Now), source), world.Now);
                begun[source] = begun.GetValueOrDefault(source) + (world.Ask(client.Poll(world.Now), source).Length > 0 ? 1 : 0);
            }

            world.Advance(TimeSpan.FromMilliseconds(200));
        }

        Assert.All(begun.Take(16), pair => Assert.Equal(4, pair.Value));
        Assert.All(begun.Skip(16), pair => Assert.Equal(0, pair.Value));

        world.Advance(TimeSpan.FromSeconds(11));
        var late = world.ClientByCode(code);
        world.Run(late);
        Assert.Equal(ClientState.Joined, late.State);
    }

    [Fact]
    public void A_cookie_is_good_for_its_address_and_two_minutes_at_most()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window with { Duration = TimeSpan.FromMinutes(10) });
        var client = world.ClientByCode(code);
        client.Receive(world.Ask(client.Poll(world.Now)), world.Now);
        var share = client.Poll(world.Now).ToArray();
        Assert.Empty(world.Ask(share, source: 2));
        world.Advance(TimeSpan.FromSeconds(59));
        Assert.NotEmpty(world.Ask(share));
        world.Advance(TimeSpan.FromSeconds(11));
        Assert.NotEmpty(world.Ask(share));
        world.Advance(TimeSpan.FromSeconds(51));
        Assert.Empty(world.Ask(share));
    }

    [Fact]
    public void A_client_whose_cookie_is_too_old_begins_anew()
    {
        using var world = new EnrollmentWorld();
        var client = world.ClientByCode(world.OpenWindow(s_window));
        world.ToServer = message => message[1] == (byte)EnrollmentMessage.ClientShare && world.Requests.Count(r => r[1] == message[1]) <= 4 ? null : message;
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Equal(2, world.Requests.Count(request => request[1] == (byte)EnrollmentMessage.Hello));
    }

    // Whoever knows the server's key gets a cookie with it; what comes after costs the source its share and nobody else anything.
    [Fact]
    public void A_stranger_without_an_invitation_does_not_use_up_what_is_everybodys()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out var link);
        using var none = Credential.FromInvite(new byte[16], Credential.Fingerprint(world.Registry.State.Identity.PublicKey));
        for (var source = 1; source <= 200; source++)
        {
            using var stranger = new EnrollmentClient(new ClientOptions { Credential = none, Identity = world.NewIdentity() }, world.Now);
            stranger.Receive(world.Ask(stranger.Poll(world.Now), source), world.Now);
            Assert.Empty(world.Ask(stranger.Poll(world.Now), source));
        }

        world.Advance(TimeSpan.FromMilliseconds(20));
        var client = world.ClientByLink(link);
        world.Run(client, source: 250);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Equal(3, world.Requests.Count);
    }
}
