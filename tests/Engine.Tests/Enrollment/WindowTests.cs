using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>When the door is open, and what closes it.</summary>
public sealed class WindowTests
{
    private static readonly WindowOptions s_window = new();

    [Fact]
    public void A_server_without_a_window_says_nothing()
    {
        using var world = new EnrollmentWorld();
        var client = world.ClientByCode("123456");
        world.Run(client);
        Assert.Equal(ClientFailure.NoAnswer, client.Failure);
        Assert.Empty(world.Replies);
        Assert.Empty(world.Events);
        Assert.InRange(world.Requests.Count, 15, 25);
    }

    [Fact]
    public void It_closes_when_its_time_is_over_whatever_the_wall_clock_says()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        world.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMilliseconds(1));
        world.WallOffset = TimeSpan.FromDays(-300);
        world.Server.Tick(world.Time);
        Assert.NotNull(world.Server.Window);
        world.Advance(TimeSpan.FromMilliseconds(1));
        world.WallOffset = TimeSpan.FromDays(300);
        world.Server.Tick(world.Time);
        Assert.Null(world.Server.Window);
        Assert.Equal((EnrollmentEventKind.WindowClosed, WindowClosing.TimeOver), (world.Events[^1].Kind, world.Events[^1].Closing));

        var late = world.ClientByCode(code);
        world.Run(late);
        Assert.Equal(ClientFailure.NoAnswer, late.Failure);
    }

    [Fact]
    public void A_code_is_not_good_for_the_next_window()
    {
        using var world = new EnrollmentWorld();
        var old = world.OpenWindow(s_window);
        Assert.True(world.Server.CloseWindow(world.Time));
        Assert.False(world.Server.CloseWindow(world.Time));
        string code;
        while ((code = world.OpenWindow(s_window)) == old)
            world.Server.CloseWindow(world.Time);
        var client = world.ClientByCode(old);
        world.Run(client);
        Assert.Equal(ClientFailure.WrongCode, client.Failure);
        Assert.Equal(1, world.Server.Window!.WrongGuesses);
    }

    [Fact]
    public void A_run_that_began_in_a_window_does_not_end_in_the_next()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var client = world.ClientByCode(code);
        world.RunUntilSent(client, EnrollmentMessage.Finish);
        world.Server.CloseWindow(world.Time);
        world.OpenWindow(s_window);
        world.Run(client);
        Assert.Equal(ClientFailure.Closed, client.Failure);
        Assert.Empty(world.Registry.State.Peers);
        Assert.Equal(0, world.Server.Window!.WrongGuesses);
    }

    [Fact]
    public void Two_are_never_open_at_once()
    {
        using var world = new EnrollmentWorld();
        world.OpenWindow(s_window);
        Assert.Throws<InvalidOperationException>(() => world.OpenWindow(s_window));
    }

    [Fact]
    public void Three_wrong_guesses_close_it()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        for (var i = 1; i <= 3; i++)
        {
            Assert.NotNull(world.Server.Window);
            var client = world.ClientByCode(Other(code, i));
            world.Run(client, source: i);
            Assert.Equal(ClientFailure.WrongCode, client.Failure);
            Assert.Equal(i, world.Events.Last(e => e.Kind == EnrollmentEventKind.WrongGuess).Guesses);
        }

        Assert.Null(world.Server.Window);
        Assert.Equal(WindowClosing.WrongGuesses, world.Events[^1].Closing);
        var right = world.ClientByCode(code);
        world.Run(right, source: 9);
        Assert.Equal(ClientFailure.NoAnswer, right.Failure);
        Assert.Empty(world.Registry.State.Peers);
    }

    // All runs are begun first, then all guesses made at once, from many addresses; the right one comes too late.
    [Fact]
    public void Guesses_side_by_side_share_the_count()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var finishes = new List<byte[]>();
        for (var i = 1; i <= 40; i++)
        {
            var client = world.ClientByCode(i == 40 ? code : Other(code, i));
            finishes.Add(Finish(world, client, i));
        }

        var answers = finishes.Select((finish, i) => world.Ask(finish, i + 1)).ToList();
        Assert.All(answers, answer => Assert.Equal(EnrollmentFormat.RefusalSize, answer.Length));
        Assert.Equal(3, answers.Count(answer => answer[EnrollmentFormat.Refusal.Reason] == (byte)RefusalReason.WrongCode));
        Assert.Equal(3, world.Events.Count(e => e.Kind == EnrollmentEventKind.WrongGuess));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Fact]
    public void A_success_does_not_give_guesses_back()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        world.Run(world.ClientByCode(Other(code, 1)));
        world.Run(world.ClientByCode(Other(code, 2)));
        var right = world.ClientByCode(code);
        world.Run(right);
        Assert.Equal(ClientState.Joined, right.State);
        world.Run(world.ClientByCode(Other(code, 3)));
        Assert.Null(world.Server.Window);
    }

    [Fact]
    public void A_guess_that_is_repeated_counts_once()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var finish = Finish(world, world.ClientByCode(Other(code, 1)), 1);
        var first = world.Ask(finish);
        for (var i = 0; i < 10; i++)
            Assert.Equal(first, world.Ask(finish));
        Assert.Equal(1, world.Server.Window!.WrongGuesses);
    }

    [Fact]
    public void It_closes_when_as_many_have_joined_as_it_is_for()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window with { MaxPeers = 2 });
        var third = Finish(world, world.ClientByCode(code), 3);
        world.Run(world.ClientByCode(code), source: 1);
        Assert.NotNull(world.Server.Window);
        world.Run(world.ClientByCode(code), source: 2);
        Assert.Null(world.Server.Window);
        Assert.Equal(WindowClosing.EnoughPeers, world.Events[^1].Closing);
        Assert.Equal((byte)RefusalReason.Closed, world.Ask(third, 3)[EnrollmentFormat.Refusal.Reason]);
        Assert.Equal(2, world.Registry.State.Peers.Count);
    }

    [Fact]
    public void With_approval_nobody_is_in_before_a_person_says_so()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window with { NeedsApproval = true });
        var identity = world.NewIdentity();
        var client = world.ClientByCode(code, identity);
        world.Run(client, TimeSpan.FromSeconds(20));
        Assert.True(client.IsWaitingForApproval);
        Assert.Empty(world.Registry.State.Peers);
        var waiting = Assert.Single(world.Server.Waiting);
        Assert.Equal((identity.PublicKey, "laptop"), (waiting.Key, waiting.Name));

        Assert.False(world.Server.Approve(world.NewIdentity().PublicKey, world.Time));
        Assert.True(world.Server.Approve(identity.PublicKey, world.Time));
        Assert.False(world.Server.Approve(identity.PublicKey, world.Time));
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Equal(world.Registry.State.Peers[identity.PublicKey].PresharedKey, client.Result!.PresharedKey);
    }

    [Fact]
    public void Who_is_denied_is_told()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window with { NeedsApproval = true });
        var identity = world.NewIdentity();
        var client = world.ClientByCode(code, identity);
        world.Run(client, TimeSpan.FromSeconds(1));
        Assert.True(world.Server.Deny(identity.PublicKey, world.Time));
        world.Run(client);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.Denied), (client.Failure, client.Result!.Grant.Refusal));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Fact]
    public void Who_waits_when_the_window_closes_is_told()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window with { NeedsApproval = true });
        var identity = world.NewIdentity();
        var client = world.ClientByCode(code, identity);
        world.Run(client);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.Closed), (client.Failure, client.Result!.Grant.Refusal));
        Assert.False(world.Server.Approve(identity.PublicKey, world.Time));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Theory]
    [InlineData(9, 6, null)]
    [InlineData(3601, 6, null)]
    [InlineData(60, 5, null)]
    [InlineData(60, 9, null)]
    [InlineData(60, 6, 0)]
    public void Options_out_of_their_bounds_are_refused(int seconds, int digits, int? peers)
    {
        using var world = new EnrollmentWorld();
        var options = new WindowOptions { Duration = TimeSpan.FromSeconds(seconds), Digits = digits, MaxPeers = peers };
        Assert.Throws<ArgumentOutOfRangeException>(() => world.OpenWindow(options));
        Assert.Null(world.Server.Window);
    }

    internal static string Other(string code, int by) =>
        ((int.Parse(code, System.Globalization.CultureInfo.InvariantCulture) + by) % 1_000_000).ToString("D6", System.Globalization.CultureInfo.InvariantCulture);

    // Up to the client's last message, which is not sent.
    internal static byte[] Finish(EnrollmentWorld world, EnrollmentClient client, int source)
    {
        client.Receive(world.Ask(client.Poll(world.Now), source), world.Now);
        client.Receive(world.Ask(client.Poll(world.Now), source), world.Now);
        return client.Poll(world.Now).ToArray();
    }
}
