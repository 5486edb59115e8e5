using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>
/// An immutable endpoint, so that one reference swap moves all of it at once for every reader. It remembers the transport
/// message that moved it last, so that lanes which handle messages of a peer at once agree on the newest.
/// </summary>
/// <param name="session"><see cref="Keypair.Number"/> of that message; 0: none moved it.</param>
/// <param name="counter">Of that message.</param>
internal sealed class PeerEndpoint(in UdpEndpoint value, long session = 0, ulong counter = 0)
{
    internal readonly UdpEndpoint Value = value;

    /// <summary>Whether a transport message was sent after the one that moved the endpoint here.</summary>
    internal bool IsOlderThan(long messageSession, ulong messageCounter) =>
        session < messageSession || (session == messageSession && counter < messageCounter);

    /// <summary>Another place, as of the same message.</summary>
    internal PeerEndpoint With(in UdpEndpoint other) => new(other, session, counter);
}

/// <summary>Whether datagrams to the endpoint may still leave from its source address.</summary>
internal delegate bool SourceVerdict(in UdpEndpoint endpoint);
