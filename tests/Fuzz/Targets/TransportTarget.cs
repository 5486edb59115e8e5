using System.Net;
using WireGuard.Engine.Noise;

namespace WireGuard.Fuzz;

/// <summary>
/// Transport messages sealed by a peer whose keys fit: every inner packet, counter and header there can be, whole and
/// damaged, several in a batch. What comes out of the TUN, and where the endpoint goes, is known beforehand.
/// </summary>
internal sealed class TransportTarget : IFuzzTarget
{
    private static readonly int[] s_fields = [0, 4, 8, 16, 32, 56, 72, 2000];
    private static readonly long s_longestUse = (long)TimeSpan.FromSeconds(100).TotalNanoseconds;

    private const ulong FarthestCounter = 1UL << 62;

    private readonly World _world = new();
    private InsiderSession _session;

    internal TransportTarget() => _session = InsiderSession.Begin(_world, World.InsiderEndpoint);

    public string Name => "transport";

    public byte[] Make(Random random) => Dice.Throw(random, 200);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        _world.Pass(TimeSpan.FromMilliseconds(dice.Next(4) == 0 ? dice.Next(200) : 0));
        if (_session.Replay.Newest > FarthestCounter || _world.Now - _session.CreatedAt > s_longestUse)
            _session = InsiderSession.Begin(_world, World.Sources[dice.Next(World.Sources.Length)]);
        _world.Sent.Clear();

        var endpoint = _world.InsiderAtA.Endpoint!;
        var expected = new Queue<byte[]>();
        for (var messages = 1 + dice.Next(4); messages > 0; messages--)
            Send(dice, ref endpoint, expected);
        _world.Pair.Settle();

        while (_world.Pair.A.Tun.TakeOrNull() is { } packet)
        {
            Assert.True(expected.TryDequeue(out var next), $"came out unexpectedly: {Convert.ToHexStringLower(packet)}");
            Assert.Equal(next, packet);
        }

        Assert.Empty(expected);
        Assert.Equal(endpoint, _world.InsiderAtA.Endpoint);
        Assert.Empty(_world.Sent);
        _world.AssertTunsEmpty();
    }

    public void CheckHealth() => _world.CheckHonestTraffic();

    public void Dispose() => _world.Dispose();

    private void Send(Dice dice, ref IPEndPoint endpoint, Queue<byte[]> expected)
    {
        var content = dice.OneIn(10) ? [] : InnerPacket.Make(dice);
        var counter = ChooseCounter(dice);
        var message = _session.Seal(content, counter);
        var original = (byte[])message.Clone();
        for (var changes = Math.Max(0, dice.Next(4) - 1); changes > 0; changes--)
            message = Mutation.Apply(message, s_fields, _world.Overheard[dice.Next(_world.Overheard.Count)], dice);
        var isB = dice.OneIn(16);
        var from = dice.OneIn(8) ? _world.Pair.B.Endpoint : dice.OneIn(4) ? World.Sources[dice.Next(World.Sources.Length)] : World.InsiderEndpoint;
        _world.Inject(from, isB ? _world.Pair.B : _world.Pair.A, message);
        if (isB || !message.AsSpan().SequenceEqual(original) || !_session.Replay.TryAccept(counter))
            return;

        if (counter == _session.Replay.Newest)
            endpoint = from;
        if (InnerPacket.Unpad(content) is { } packet && IsInsiders(InnerPacket.Source(packet)))
            expected.Enqueue(packet);
    }

    private static bool IsInsiders(IPAddress source) => InnerPacket.IsIn(source, World.InsiderAllowedIPs) && !InnerPacket.IsIn(source, World.AllowedIPsOfB);

    private ulong ChooseCounter(Dice dice)
    {
        var newest = _session.Replay.Newest;
        return dice.Next(16) switch
        {
            0 => newest,
            1 => newest - Math.Min(newest, (ulong)dice.Next(200)),
            2 => newest - Math.Min(newest, ProtocolLimits.ReplayWindow - 3 + (ulong)dice.Next(6)),
            3 => newest + (ulong)dice.Next(256),
            4 => newest + ProtocolLimits.ReplayWindowBits - 70 + (ulong)dice.Next(140),
            5 => newest + (ulong)dice.Next(100_000),
            6 => dice.OneIn(32) ? (1UL << 32) - 2 + (ulong)dice.Next(4) : newest + 1,
            7 => dice.OneIn(64) ? ProtocolLimits.RejectAfterMessages - 2 + (ulong)dice.Next(4) : ProtocolLimits.RejectAfterMessages + (ulong)dice.Next(100),
            8 => dice.OneIn(64) ? dice.NextUInt64() : newest + 2,
            _ => newest + 1,
        };
    }
}
