using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>An immutable endpoint, so that one reference swap moves all of it at once for every reader.</summary>
internal sealed class PeerEndpoint(in UdpEndpoint value)
{
    internal readonly UdpEndpoint Value = value;
}

/// <summary>Whether datagrams to the endpoint may still leave from its source address.</summary>
internal delegate bool SourceVerdict(in UdpEndpoint endpoint);
