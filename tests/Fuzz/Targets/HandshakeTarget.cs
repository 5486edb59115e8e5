using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Device;
using WireGuard.Tests.Noise;

namespace WireGuard.Fuzz;

/// <summary>
/// Initiations and responses of a peer whose keys fit, changed field by field, cut, spliced, repeated and overheard ones,
/// mostly with a mac1 that is right. Only what is whole and new may be answered; nothing else may cause a single datagram.
/// </summary>
internal sealed class HandshakeTarget : IFuzzTarget
{
    private static readonly int[] s_initiationFields = [0, 4, 8, 40, 88, 116, 132, 148];
    private static readonly int[] s_responseFields = [0, 4, 8, 12, 44, 60, 76, 92];

    // One alone would be told apart from the rest.
    private static readonly IPAddress[] s_flooders = [.. Enumerable.Range(100, 32).Select(i => IPAddress.Parse($"203.0.113.{i}"))];

    private const int MostSpent = 16;
    private const int Flood = ProtocolLimits.MaxQueuedHandshakes / 8;

    private readonly World _world = new();
    private readonly List<byte[]> _spent = [];
    private readonly CookieGenerator _macsForB;
    private long _lastAccepted = long.MinValue / 2;
    private uint _index = 1;

    internal HandshakeTarget() => _macsForB = new CookieGenerator(_world.Pair.B.PublicKey);

    public string Name => "handshake";

    public byte[] Make(Random random) => Dice.Throw(random, 96);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        LetTimePass(dice);
        var underLoad = dice.OneIn(250);
        var message = Invent(dice, out var isWhole);
        var original = (byte[])message.Clone();
        for (var changes = Math.Max(0, dice.Next(5) - 1); changes > 0; changes--)
            message = Mutation.Apply(message, message.Length == 92 ? s_responseFields : s_initiationFields, Other(dice), dice);

        var to = dice.OneIn(6) ? _world.Pair.B : _world.Pair.A;
        if (dice.Next(5) > 0)
            WriteMacs(message, to);
        var from = dice.OneIn(6) ? _world.Pair.B.Endpoint : World.Sources[dice.Next(World.Sources.Length)];
        isWhole = isWhole && to == _world.Pair.A && IsSame(message, original) && HasRightMac1(message);
        if (underLoad)
            FloodA();
        Deliver(message, from, to, copies: 1 + dice.Next(2), isWhole, underLoad, isIntact: message.AsSpan().SequenceEqual(original));
    }

    public void CheckHealth() => _world.CheckHonestTraffic();

    public void Dispose() => _world.Dispose();

    private void LetTimePass(Dice dice)
    {
        _world.Pass(dice.Next(4) switch
        {
            0 => TimeSpan.Zero,
            1 => TimeSpan.FromMilliseconds(dice.Next(40)),
            2 => TimeSpan.FromMilliseconds(100),
            _ => TimeSpan.FromMilliseconds(dice.Next(1500)),
        });
        if (dice.OneIn(24))
        {
            // Without a session A asks for one, and what the insider said before is new again.
            _world.AddInsiderAnew();
            _spent.Clear();
            _lastAccepted = long.MinValue / 2;
        }

        _world.AssertTunsEmpty();
        _world.Sent.Clear();
    }

    private byte[] Invent(Dice dice, out bool isWhole)
    {
        isWhole = false;
        switch (dice.Next(8))
        {
            case 0 or 1:
                isWhole = true;
                return _world.Insider.CreateInitiation(_index++, _world.NextTimestamp());
            case 2 or 3:
                return InventResponse(ref isWhole) ?? dice.Bytes(MessageFormat.ResponseSize);
            case 4:
                return (byte[])_world.Overheard[dice.Next(_world.Overheard.Count)].Clone();
            case 5:
                return Other(dice);
            case 6:
                using (var stranger = new HandshakeParty(HandshakeParty.RandomKey(), _world.Pair.A.PublicKey.Span.ToArray()))
                    return stranger.CreateInitiation(_index++, HandshakeParty.Timestamp(1));
            default:
                var invented = dice.Bytes(dice.OneIn(2) ? MessageFormat.InitiationSize : MessageFormat.ResponseSize);
                new byte[] { (byte)(invented.Length == MessageFormat.InitiationSize ? 1 : 2), 0, 0, 0 }.CopyTo(invented, 0);
                return invented;
        }
    }

    // Makes A want something from the insider, if it has no session with it, and answers what comes.
    private byte[]? InventResponse(ref bool isWhole)
    {
        _world.Pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.9"));
        _world.Pair.Settle();
        var initiation = _world.Sent.FindLast(s => s.Type == MessageType.Initiation && s.From.Equals(_world.Pair.A.Endpoint));
        _world.Sent.Clear();
        if (initiation is null || !_world.Insider.ConsumeInitiation(initiation.Bytes, _world.Now))
            return null;
        isWhole = true;
        return _world.Insider.CreateResponse(_index++);
    }

    private byte[] Other(Dice dice) =>
        (byte[])(_spent.Count == 0 ? _world.Overheard[0] : _spent[dice.Next(_spent.Count)]).Clone();

    private void WriteMacs(byte[] message, DeviceUnderTest to)
    {
        if (message.Length < 2 * MessageFormat.MacSize)
            return;
        if (to == _world.Pair.A)
            _world.Insider.Cookies.AddMacs(message, 0);
        else
            _macsForB.AddMacs(message, 0);
    }

    private bool HasRightMac1(byte[] message)
    {
        using var checker = new CookieChecker(_world.Pair.A.PublicKey, new RateLimiter());
        return checker.IsMac1Valid(message);
    }

    // Indices and MACs are nobody's secret: a message that differs in them only is as good as before. mac2 counts under load.
    private static bool IsSame(byte[] message, byte[] original)
    {
        if (message.Length != original.Length || !message.AsSpan(0, 4).SequenceEqual(original.AsSpan(0, 4)))
            return false;
        return message.AsSpan(8..^(2 * MessageFormat.MacSize)).SequenceEqual(original.AsSpan(8..^(2 * MessageFormat.MacSize)));
    }

    private void FloodA()
    {
        for (var i = 0; i < Flood; i++)
        {
            var rubbish = new byte[MessageFormat.InitiationSize];
            rubbish[0] = 1;
            rubbish[8] = (byte)i;
            rubbish[9] = (byte)(i >> 8);
            _world.Insider.Cookies.AddMacs(rubbish, 0);
            _world.Inject(new IPEndPoint(s_flooders[i % s_flooders.Length], 7), _world.Pair.A, rubbish);
            if (i % 128 == 127)
                _world.Pair.A.PumpLanes();
        }
    }

    private void Deliver(byte[] message, IPEndPoint from, DeviceUnderTest to, int copies, bool isWhole, bool underLoad, bool isIntact)
    {
        var endpoint = _world.InsiderAtA.Endpoint;
        for (var i = 0; i < copies; i++)
            _world.Inject(from, to, message);
        _world.Pair.Settle();
        _world.AssertTunsEmpty();

        var isInitiation = message.Length == MessageFormat.InitiationSize;
        var isDue = !isInitiation || _world.Now - _lastAccepted >= (long)ProtocolLimits.InitiationInterval.TotalNanoseconds;
        var answers = _world.Sent.Where(s => s.Type is MessageType.Response or MessageType.Transport).ToList();
        var cookies = _world.Sent.Count(s => s.Type == MessageType.CookieReply && s.To.Equals(from));
        if (!underLoad)
            Assert.DoesNotContain(_world.Sent, s => s.Type == MessageType.CookieReply);
        // An answer is no larger than what it answers, and one at the most for each.
        Assert.InRange(cookies, 0, copies);
        if (!isWhole || !isDue || underLoad)
        {
            Assert.Empty(answers);
            Assert.Equal(endpoint, _world.InsiderAtA.Endpoint);
        }
        else if (isIntact)
        {
            Assert.Contains(answers, a => a.To.Equals(from) && a.From.Equals(_world.EndpointFor(_world.Pair.A, from)));
            Assert.Equal(from, _world.InsiderAtA.Endpoint);
        }

        if (isInitiation && answers.Exists(a => a.Type == MessageType.Response))
            _lastAccepted = _world.Now;
        if (isWhole && isIntact && !underLoad && isDue && _spent.Count < MostSpent)
            _spent.Add(message);
        if (underLoad)
            _world.Pass(TimeSpan.FromSeconds(2));
        _world.Sent.Clear();
    }
}
