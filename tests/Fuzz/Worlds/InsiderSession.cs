using System.Buffers.Binary;
using System.Net;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Noise;

namespace WireGuard.Fuzz;

/// <summary>A session that the insider began with A, its keys in hand. Seals by libsodium, not by the code that is to open it.</summary>
internal sealed class InsiderSession
{
    private static uint s_index = 1;

    private readonly TransportKeys _keys;

    private InsiderSession(TransportKeys keys, long createdAt)
    {
        _keys = keys;
        CreatedAt = createdAt;
    }

    internal ReplayModel Replay { get; } = new();

    internal long CreatedAt { get; }

    /// <summary>Shakes hands with A and confirms the session.</summary>
    internal static InsiderSession Begin(World world, IPEndPoint from)
    {
        world.Pass(ProtocolLimits.InitiationInterval);
        world.Sent.Clear();
        world.Inject(from, world.Pair.A, world.Insider.CreateInitiation(s_index++, world.NextTimestamp()));
        world.Pair.Settle();
        var response = world.Sent.Single(s => s.Type == MessageType.Response);
        Assert.True(world.Insider.Receive(response.Bytes));
        var session = new InsiderSession(world.Insider.DeriveSession()!, world.Now);
        session.Replay.TryAccept(0);
        world.Inject(from, world.Pair.A, session.Seal([], 0));
        world.Pair.Settle();
        Assert.Equal(from, world.InsiderAtA.Endpoint);
        world.Sent.Clear();
        return session;
    }

    internal byte[] Seal(byte[] content, ulong counter)
    {
        var message = new byte[MessageFormat.MinimumTransportSize + content.Length];
        message[0] = (byte)MessageType.Transport;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), _keys.RemoteIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), counter);
        HandshakeAead.Seal(message.AsSpan(16), _keys.Send, counter, content, []);
        return message;
    }
}
