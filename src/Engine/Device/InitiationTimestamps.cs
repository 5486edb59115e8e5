using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Device;

/// <summary>
/// The timestamps of one peer's initiations (whitepaper, section 5.1): the wall clock's, and one step after the last one
/// where the clock stood still or was set back, since the peer refuses what is not later. Held in memory alone: a clock
/// that was once far ahead is forgotten with the peer or the private key. The device's handshake lock orders its use.
/// </summary>
internal sealed class InitiationTimestamps
{
    private readonly byte[] _last = new byte[Tai64N.Size];

    /// <summary>Writes the next timestamp.</summary>
    /// <param name="label">12 bytes.</param>
    internal void Next(Span<byte> label, DateTimeOffset wallClock)
    {
        Tai64N.Write(label, wallClock);
        if (Tai64N.Compare(label, _last) <= 0)
        {
            _last.CopyTo(label);
            Tai64N.Advance(label);
        }

        label.CopyTo(_last);
    }

    /// <summary>For a new private key, of which peers know nothing yet.</summary>
    internal void Forget() => Array.Clear(_last);
}
