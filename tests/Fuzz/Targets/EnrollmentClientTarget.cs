using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Enrollment;

namespace WireGuard.Fuzz;

/// <summary>
/// What a client gets back, damaged, doubled, from other runs. It joins by an untouched answer of the server that has its code
/// and by nothing else, and then both have one key.
/// </summary>
internal sealed class EnrollmentClientTarget : IFuzzTarget
{
    private static readonly int[] s_fields = [0, 1, 2, 3, 4, 20, 36, 37, 44, 52, 68, 76, 100, 124, 1184, 1200];

    private const int MostOld = 32;

    private readonly EnrollmentWorld _world = new(pool: ["10.0.0.0/8"]);
    private readonly List<byte[]> _old = [];
    private string _code = "";

    public string Name => "enrollment-client";

    public byte[] Make(Random random) => Dice.Throw(random, 120);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        _world.Server.Tick(_world.Time);
        if (_world.Server.Window is null)
            _code = _world.OpenWindow(new WindowOptions { Duration = TimeSpan.FromMinutes(10) });
        var identity = _world.NewIdentity();
        var client = _world.ClientByCode(_code, identity);
        var isLastUntouched = false;
        for (var step = dice.Next(12); step >= 0 && !client.IsOver; step--)
        {
            _world.Advance(TimeSpan.FromMilliseconds(400));
            var sent = client.Poll(_world.Now).ToArray();
            var reply = sent.Length == 0 ? [] : _world.Ask(sent, 1 + dice.Next(20));
            for (var copies = 1 + dice.Next(3); copies > 0 && !client.IsOver; copies--)
            {
                var arrived = (byte[])reply.Clone();
                for (var changes = Math.Max(0, dice.Next(4) - 1); changes > 0; changes--)
                    arrived = Mutation.Apply(arrived, s_fields, _old.Count == 0 ? reply : _old[dice.Next(_old.Count)], dice);
                if (_old.Count > 0 && dice.OneIn(8))
                    arrived = _old[dice.Next(_old.Count)];
                isLastUntouched = arrived.AsSpan().SequenceEqual(reply);
                client.Receive(arrived, _world.Now);
            }

            if (reply.Length > 0 && _old.Count < MostOld)
                _old.Add(reply);
        }

        if (client.State == ClientState.Joined)
        {
            Assert.True(isLastUntouched);
            Assert.Equal(_world.Registry.State.Peers[identity.PublicKey].PresharedKey, client.Result!.PresharedKey);
            Assert.Equal(_world.Registry.State.Identity.PublicKey, client.Result.Server);
        }

        client.Dispose();
    }

    public void CheckHealth()
    {
    }

    public void Dispose() => _world.Dispose();
}
