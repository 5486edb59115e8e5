using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Device;

namespace WireGuard.Fuzz;

/// <summary>
/// Cookie replies to A's initiations, from one who could give right ones. A cookie is taken from a right reply to the
/// last message alone, shows in the next one's mac2, dies in time; and a reply never moves an endpoint or is answered.
/// </summary>
internal sealed class CookieTarget : IFuzzTarget
{
    private static readonly int[] s_fields = [0, 4, 8, 32, 48, 64];
    private static readonly TimeSpan s_retry = ProtocolLimits.RekeyTimeout + ProtocolLimits.RekeyTimeoutJitter + TimeSpan.FromMilliseconds(10);
    private static readonly long s_life = (long)(ProtocolLimits.CookieSecretLifetime - ProtocolLimits.CookieSecretLatency).TotalNanoseconds;

    private const int MostOld = 16;

    private readonly World _world = new();
    private readonly byte[] _key = new byte[32];
    private readonly List<byte[]> _old = [];
    private byte[]? _cookie;
    private long _cookieTaken;

    internal CookieTarget() => CookieLabels.DeriveKey(_key, CookieLabels.Cookie, _world.Insider.Identity.PublicKey);

    public string Name => "cookie";

    public byte[] Make(Random random) => Dice.Throw(random, 160);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        var initiation = NextInitiation();
        CheckMacs(initiation);
        _world.Sent.Clear();

        var isAnswered = false;
        for (var replies = dice.Next(5); replies > 0; replies--)
        {
            var cookie = dice.Bytes(MessageFormat.MacSize);
            var reply = Reply(initiation, cookie, dice);
            var original = (byte[])reply.Clone();
            for (var changes = Math.Max(0, dice.Next(4) - 1); changes > 0; changes--)
                reply = Mutation.Apply(reply, s_fields, _old.Count == 0 ? original : _old[dice.Next(_old.Count)], dice);
            if (_old.Count > 0 && dice.OneIn(8))
                reply = _old[dice.Next(_old.Count)];
            var to = dice.OneIn(8) ? _world.Pair.B : _world.Pair.A;
            _world.Inject(World.Sources[dice.Next(World.Sources.Length)], to, reply);
            if (to != _world.Pair.A || isAnswered || !reply.AsSpan().SequenceEqual(original))
                continue;
            isAnswered = true;
            _cookie = cookie;
            _cookieTaken = _world.Now;
            if (_old.Count < MostOld)
                _old.Add(reply);
        }

        _world.Pair.Settle();
        Assert.Empty(_world.Sent);
        Assert.Equal(World.InsiderEndpoint, _world.InsiderAtA.Endpoint);
        _world.AssertTunsEmpty();
    }

    public void CheckHealth() => _world.CheckHonestTraffic();

    public void Dispose() => _world.Dispose();

    private SentDatagram NextInitiation()
    {
        _world.Sent.Clear();
        _world.Pass(s_retry);
        if (LastInitiation() is { } retry)
            return retry;
        _world.Pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.9"));
        _world.Pair.Settle();
        return LastInitiation() ?? throw new InvalidOperationException("A packet without a session did not bring about an initiation.");
    }

    private SentDatagram? LastInitiation() => _world.Sent.FindLast(s => s.Type == MessageType.Initiation && s.To.Equals(World.InsiderEndpoint));

    private void CheckMacs(SentDatagram initiation)
    {
        Assert.True(_world.Insider.Checker.IsMac1Valid(initiation.Bytes));
        var expected = new byte[MessageFormat.MacSize];
        if (_cookie is not null && _world.Now < _cookieTaken + s_life)
            Blake2s.Keyed(expected, _cookie, initiation.Bytes.AsSpan()[..^MessageFormat.MacSize]);
        Assert.Equal(expected, initiation.Bytes[^MessageFormat.MacSize..]);
    }

    private byte[] Reply(SentDatagram initiation, byte[] cookie, Dice dice)
    {
        var reply = new byte[MessageFormat.CookieReplySize];
        reply[0] = (byte)MessageType.CookieReply;
        initiation.Bytes.AsSpan(4, 4).CopyTo(reply.AsSpan(4));
        dice.Bytes(24).CopyTo(reply.AsSpan(8));
        var mac1 = initiation.Bytes[^(2 * MessageFormat.MacSize)..^MessageFormat.MacSize];
        XChaCha20Poly1305.Seal(reply.AsSpan(32), _key, reply.AsSpan(8, 24), cookie, mac1);
        return reply;
    }
}
