using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>Somebody on the path who does not know the code, and what the path does by itself.</summary>
public sealed class HostileNetworkTests
{
    private static readonly WindowOptions s_window = new();

    public static TheoryData<int, int> Changes
    {
        get
        {
            var changes = new TheoryData<int, int>();
            foreach (var kind in Enumerable.Range((int)EnrollmentMessage.Hello, 6))
                foreach (var part in Enumerable.Range(0, 4))
                    changes.Add(kind, part);
            return changes;
        }
    }

    // Every byte of the small messages, and every fifth of the long ones, four parts of each side by side.
    [Theory]
    [MemberData(nameof(Changes))]
    public void No_bit_of_any_message_can_be_changed(int kind, int part)
    {
        var size = SizeOf((EnrollmentMessage)kind);
        var step = size > 256 ? 20 : 4;
        for (var at = part * step / 4; at < size; at += step)
        {
            using var world = new EnrollmentWorld();
            var code = world.OpenWindow(s_window);
            byte[] Change(byte[] message)
            {
                if (message[1] == kind)
                    message[at] ^= (byte)(1 << (at % 8));
                return message;
            }

            (world.ToServer, world.ToClient) = (Change, Change);
            var client = world.ClientByCode(code, timeout: TimeSpan.FromSeconds(3));
            world.Run(client);
            Assert.True(client.State == ClientState.Failed, $"byte {at} of {(EnrollmentMessage)kind} was changed, and the client joined");
            if (kind != (int)EnrollmentMessage.Grant)
                Assert.Empty(world.Registry.State.Peers);
        }
    }

    // A whole server of the attacker's own, which has to guess.
    [Fact]
    public void A_server_in_between_that_guesses_wrong_learns_nothing_and_gets_one_guess()
    {
        using var world = new EnrollmentWorld();
        using var attacker = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        string guess;
        while ((guess = attacker.OpenWindow(s_window)) == code)
            attacker.Server.CloseWindow(attacker.Time);

        var client = world.ClientByCode(code);
        var finishes = new HashSet<string>();
        while (!client.IsOver)
        {
            if (client.Poll(world.Now) is { IsEmpty: false } message)
            {
                if (message[1] == (byte)EnrollmentMessage.Finish)
                    finishes.Add(Convert.ToHexString(message));
                // More than one answer to each question, and never one that tells that the guess was wrong.
                for (var i = 0; i < 3; i++)
                {
                    var answer = attacker.Ask(message);
                    if (answer.Length > EnrollmentFormat.RefusalSize)
                        client.Receive(answer, world.Now);
                }
            }

            world.Advance(TimeSpan.FromMilliseconds(100));
            attacker.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(ClientFailure.NotConfirmed, client.Failure);
        Assert.Single(finishes);
        Assert.All(attacker.Events, e => Assert.Null(e.Peer));
        Assert.Equal(1, attacker.Events.Last(e => e.Kind == EnrollmentEventKind.WrongGuess).Guesses);
    }

    [Fact]
    public void Of_two_answers_to_a_share_only_the_first_is_looked_at()
    {
        using var world = new EnrollmentWorld();
        var client = world.ClientByCode(world.OpenWindow(s_window));
        client.Receive(world.Ask(client.Poll(world.Now)), world.Now);
        var share = world.Ask(client.Poll(world.Now));
        client.Receive(share, world.Now);
        var finish = client.Poll(world.Now).ToArray();
        share[^1] ^= 1;
        client.Receive(share, world.Now);
        world.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(finish, client.Poll(world.Now).ToArray());
    }

    [Fact]
    public void Nothing_that_was_recorded_can_be_used_again()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        world.Run(world.ClientByCode(code));
        world.Run(world.ClientByCode(WindowTests.Other(code, 1)));
        var peers = world.Registry.State.Peers.Values.ToList();
        var requests = world.Requests.ToList();
        var replies = world.Replies.Select(Convert.ToHexString).ToHashSet();

        // While the sessions are remembered: the same bytes, or none; a Hello is nobody's.
        foreach (var request in requests.Concat(requests))
        {
            var answer = world.Ask(request);
            Assert.True(answer.Length == 0 || request[1] == (byte)EnrollmentMessage.Hello || replies.Contains(Convert.ToHexString(answer)));
        }

        Assert.Equal(1, world.Server.Window!.WrongGuesses);
        Assert.Equal(peers, world.Registry.State.Peers.Values);

        // When they are forgotten, and from another address.
        world.Advance(TimeSpan.FromSeconds(200));
        world.Server.Tick(world.Time);
        world.OpenWindow(s_window);
        foreach (var request in requests)
        {
            var answer = world.Ask(request, source: 7);
            Assert.True(answer.Length == 0 || request[1] == (byte)EnrollmentMessage.Hello);
        }

        Assert.Equal(0, world.Server.Window!.WrongGuesses);
        Assert.Equal(peers, world.Registry.State.Peers.Values);
        Assert.Single(world.Events, e => e.Kind == EnrollmentEventKind.Granted);
    }

    [Fact]
    public void Replies_of_another_run_change_nothing()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        world.Run(world.ClientByCode(code));
        var old = world.Replies.ToList();
        var client = world.ClientByCode(code);
        world.ToClient = message =>
        {
            foreach (var reply in old)
                client.Receive(reply, world.Now);
            return message;
        };
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Equal("10.150.0.3/24", client.Result!.Grant.Addresses[0].ToString());
    }

    [Fact]
    public void Messages_sent_back_to_their_sender_change_nothing()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var client = world.ClientByCode(code);
        world.ToServer = message =>
        {
            client.Receive(message, world.Now);
            return message;
        };
        world.ToClient = message =>
        {
            Assert.Empty(world.Ask(message));
            return message;
        };
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Equal(3, world.Requests.Count);
    }

    // What the client says under another's nonces, and the other way about.
    [Fact]
    public void Runs_cannot_be_spliced()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var one = WindowTests.Finish(world, world.ClientByCode(code), 1);
        var other = WindowTests.Finish(world, world.ClientByCode(code), 2);
        one.AsSpan(0, EnrollmentFormat.FrameSize).CopyTo(other);
        Assert.Equal((byte)RefusalReason.WrongCode, world.Ask(other)[EnrollmentFormat.Refusal.Reason]);
        Assert.Empty(world.Registry.State.Peers);
    }

    // The same digits as code and as invitation, and an invitation's frame on a code's run.
    [Fact]
    public void A_run_keeps_to_its_credential()
    {
        using var world = new EnrollmentWorld();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(1), 1, out _);
        var code = world.OpenWindow(s_window);
        var finish = WindowTests.Finish(world, world.ClientByCode(code), 1);
        finish[3] = (byte)CredentialKind.Invite;
        Assert.Empty(world.Ask(finish));
        finish[3] = (byte)CredentialKind.Code;
        Assert.Equal(EnrollmentFormat.GrantSize, world.Ask(finish).Length);
    }

    [Fact]
    public void A_confirmed_message_that_was_damaged_behind_it_leaves_the_run_to_the_next_copy()
    {
        using var world = new EnrollmentWorld();
        var code = world.OpenWindow(s_window);
        var finish = WindowTests.Finish(world, world.ClientByCode(code), 1);
        foreach (var at in new[] { EnrollmentFormat.Finish.Static, EnrollmentFormat.Finish.Payload, EnrollmentFormat.FinishSize - 1 })
        {
            finish[at] ^= 1;
            Assert.Empty(world.Ask(finish));
            finish[at] ^= 1;
        }

        Assert.Equal(EnrollmentFormat.GrantSize, world.Ask(finish).Length);
        Assert.Equal(0, world.Server.Window!.WrongGuesses);
        Assert.Single(world.Registry.State.Peers);

        // And once it was taken, no other is.
        finish[^1] ^= 1;
        Assert.Empty(world.Ask(finish));
    }

    [Theory]
    [InlineData(0.2, 0)]
    [InlineData(0.2, 1)]
    [InlineData(0.4, 0)]
    [InlineData(0.4, 1)]
    public void Loss_doubling_and_reordering_change_nothing_but_the_time(double loss, int half)
    {
        const int Runs = 100;
        var quick = 0;
        for (var seed = half * Runs; seed < (half + 1) * Runs; seed++)
        {
            using var world = new EnrollmentWorld();
            var random = new Random(seed);
            var identity = world.NewIdentity();
            var client = world.ClientByCode(world.OpenWindow(s_window), identity, random: bytes => random.NextBytes(bytes));
            var late = new List<byte[]>();
            byte[]? Pass(byte[] message)
            {
                if (random.NextDouble() < 0.3)
                    late.Add(message);
                return random.NextDouble() < loss ? null : message;
            }

            world.ToServer = message =>
            {
                // What was on the way comes now, in any order, again and again.
                foreach (var old in late.OrderBy(_ => random.Next()).Take(3))
                {
                    if (old[1] is (byte)EnrollmentMessage.Hello or (byte)EnrollmentMessage.ClientShare or (byte)EnrollmentMessage.Finish)
                        world.Ask(old);
                    else
                        client.Receive(old, world.Now);
                }

                return Pass(message);
            };
            world.ToClient = Pass;
            var began = world.Now;
            world.Run(client);
            Assert.True(client.State == ClientState.Joined, $"seed {seed}: {client.Failure}");
            var peer = Assert.Single(world.Registry.State.Peers.Values);
            Assert.Equal(peer.PresharedKey, client.Result!.PresharedKey);
            Assert.Single(world.Events, e => e.Kind == EnrollmentEventKind.Granted);
            Assert.Equal(0, world.Server.Window?.WrongGuesses ?? 0);
            quick += world.Now - began < 5_000 * EnrollmentWorld.Millisecond ? 1 : 0;
        }

        if (loss <= 0.2)
            Assert.InRange(quick, 95, Runs);
    }

    private static int SizeOf(EnrollmentMessage kind) => kind switch
    {
        EnrollmentMessage.Hello => EnrollmentFormat.HelloSize,
        EnrollmentMessage.Retry => EnrollmentFormat.RetrySize,
        EnrollmentMessage.ClientShare => EnrollmentFormat.ClientShareSize,
        EnrollmentMessage.ServerShare => EnrollmentFormat.ServerShareSize,
        _ => EnrollmentFormat.MaxSize,
    };
}
