using WireGuard.Engine.Device;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Fuzz;

/// <summary>
/// Datagrams of another protocol on the tunnel's port, among real messages that begin as those do: what is too long, or begins
/// otherwise, never comes out; what comes out does so in order, whole, and no more at once than there is room for.
/// </summary>
internal sealed class PortGuestTarget : IFuzzTarget
{
    private readonly World _world = new();
    private readonly PortGuest _guest;
    private readonly byte[] _taken = new byte[EnrollmentFormat.MaxSize];

    internal PortGuestTarget()
    {
        _guest = _world.Pair.A.Device.Admit(EnrollmentFormat.FirstByte, EnrollmentFormat.MaxSize);
        _guest.IsListening = true;
    }

    public string Name => "port-guest";

    public byte[] Make(Random random) => Dice.Throw(random, 200);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        _world.Pass(TimeSpan.FromMilliseconds(dice.Next(200)));
        var isListening = _guest.IsListening = !dice.OneIn(8);
        var sent = new Queue<byte[]>();
        for (var count = dice.Next(40); count > 0; count--)
        {
            byte[] datagram = dice.OneIn(8) ? [.. _world.Overheard[dice.Next(_world.Overheard.Count)]] : new byte[dice.OneIn(4) ? 1150 + dice.Next(100) : dice.Next(200)];
            if (datagram.Length > 0 && !dice.OneIn(5))
                datagram[0] = EnrollmentFormat.FirstByte;
            // So that each is told from all others.
            for (var i = 1; i < Math.Min(datagram.Length, 8); i++)
                datagram[i] = (byte)dice.Next(256);
            _world.Inject(World.Sources[dice.Next(World.Sources.Length)], _world.Pair.A, datagram);
            if (isListening && datagram.Length is > 0 and <= EnrollmentFormat.MaxSize && datagram[0] == EnrollmentFormat.FirstByte)
                sent.Enqueue(datagram);
        }

        _world.Pair.Settle();
        var taken = 0;
        for (int length; (length = _guest.TryTake(_taken, out _)) >= 0; taken++)
        {
            while (sent.TryPeek(out var lost) && !lost.AsSpan().SequenceEqual(_taken.AsSpan(0, length)))
                sent.Dequeue();
            Assert.True(sent.TryDequeue(out _), "came out, and was not sent, or out of order");
        }

        Assert.InRange(taken, 0, PortGuest.Capacity);
        _world.AssertTunsEmpty();
    }

    public void CheckHealth() => _world.CheckHonestTraffic();

    public void Dispose() => _world.Dispose();
}
