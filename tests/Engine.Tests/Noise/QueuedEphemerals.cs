using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Noise;

/// <summary>Gives the keys that it was given, in their order; asking for one too many fails.</summary>
internal sealed class QueuedEphemerals(params byte[][] keys) : EphemeralSource
{
    private readonly Queue<byte[]> _keys = new(keys);

    public override void NextPrivateKey(Span<byte> key) => _keys.Dequeue().CopyTo(key);
}
