using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Enrollment;

namespace WireGuard.Fuzz;

/// <summary>
/// What strangers, clients with a wrong code and clients with the right one send to a server, damaged on the way. Nobody is let in but by a
/// last message that arrived as it was sent, by one who has the code or an invitation; a message costs one guess at most;
/// no reply is larger than what it answers.
/// </summary>
internal sealed class EnrollmentServerTarget : IFuzzTarget
{
    private static readonly int[] s_fields = [0, 1, 2, 3, 4, 20, 36, 52, 68, 84, 116, 132, 240, 256, 1184, 1200];

    private const int MostOld = 32;

    private readonly EnrollmentWorld _world = new(pool: ["10.0.0.0/8", "fd00::/64"]);
    private readonly List<byte[]> _old = [];
    private readonly string _link;
    private string _code = "";

    internal EnrollmentServerTarget() => _world.MakeInvite("a", 1, null, TimeSpan.FromDays(365), EnrollmentRegistry.MaxUses, out _link);

    public string Name => "enrollment-server";

    public byte[] Make(Random random) => Dice.Throw(random, 120);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        EnsureWindow(dice);
        var isByCode = dice.Next(3) > 0;
        var isRight = !isByCode || dice.Next(3) > 0;
        var client = !isByCode ? _world.ClientByLink(_link) : _world.ClientByCode(isRight ? _code : Other(_code));
        for (var step = dice.Next(12); step >= 0 && !client.IsOver; step--)
        {
            _world.Advance(TimeSpan.FromMilliseconds(dice.OneIn(8) ? 1500 : 300));
            var sent = client.Poll(_world.Now).ToArray();
            if (sent.Length == 0)
                continue;
            var arrived = (byte[])sent.Clone();
            for (var changes = Math.Max(0, dice.Next(4) - 1); changes > 0; changes--)
                arrived = Mutation.Apply(arrived, s_fields, _old.Count == 0 ? sent : _old[dice.Next(_old.Count)], dice);
            if (_old.Count > 0 && dice.OneIn(8))
                arrived = _old[dice.Next(_old.Count)];
            if (_old.Count < MostOld)
                _old.Add(sent);
            var reply = Ask(arrived, mayLetIn: isRight && arrived.AsSpan().SequenceEqual(sent), dice);
            if (reply.Length > 0)
                client.Receive(reply, _world.Now);
        }

        client.Dispose();
    }

    public void CheckHealth()
    {
        _world.Advance(TimeSpan.FromSeconds(120));
        EnsureWindow(new Dice([]));
        var client = _world.ClientByCode(_code);
        _world.Run(client, source: 200);
        Assert.Equal(ClientState.Joined, client.State);
    }

    public void Dispose() => _world.Dispose();

    private byte[] Ask(byte[] message, bool mayLetIn, Dice dice)
    {
        var (peers, window, guesses) = (_world.Registry.State.Peers.Count, _world.Server.Window, _world.Server.Window?.WrongGuesses ?? 0);
        var reply = message.Length > 0 ? _world.Ask(message, 1 + dice.Next(20)) : [];
        if (_world.Registry.State.Peers.Count != peers)
            Assert.True(mayLetIn && message[1] == (byte)EnrollmentMessage.Finish);
        if (window is not null && window.WrongGuesses != guesses)
        {
            Assert.Equal(guesses + 1, window.WrongGuesses);
            Assert.Equal((byte)EnrollmentMessage.Finish, message[1]);
        }

        return reply;
    }

    private void EnsureWindow(Dice dice)
    {
        _world.Server.Tick(_world.Time);
        if (_world.Server.Window is not null && dice.OneIn(64))
            _world.Server.CloseWindow(_world.Time);
        if (_world.Server.Window is null)
            _code = _world.OpenWindow(new WindowOptions { Duration = TimeSpan.FromMinutes(10) });
    }

    private static string Other(string code) => (code[0] == '0' ? '1' : '0') + code[1..];
}
