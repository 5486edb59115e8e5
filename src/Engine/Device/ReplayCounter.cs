using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>
/// Sliding window over received counters: which were seen, in a ring of bits (RFC 6479, and the kernel driver's sizes:
/// 8,192 bits, of which 8,128 are usable because the ring advances by whole words). One thread at a time accepts: its keypair
/// locks. Any thread may ask meanwhile: the answer is that of a moment ago, and no counter that is still good is refused.
/// </summary>
internal sealed class ReplayCounter
{
    private const int WordBits = 64;
    private const int Words = ProtocolLimits.ReplayWindowBits / WordBits;

    private readonly ulong[] _seen = new ulong[Words];

    // One more than the newest counter, so that 0 means "none yet".
    private ulong _next;

    /// <summary>One more than the newest counter; 0: none yet.</summary>
    internal ulong Next => Volatile.Read(ref _next);

    /// <summary>The last counter that there is was seen: the session takes nothing more, in whatever order it comes.</summary>
    internal bool IsUsedUp => Next >= ProtocolLimits.RejectAfterMessages;

    internal void Hint(ulong counter) => CacheHint.Place(in _seen[Word(counter)]);

    /// <summary>Whether the counter could still be accepted; changes nothing. Called before the tag is checked.</summary>
    internal bool CanAccept(ulong counter)
    {
        // Read once, before the bit: the words up to it were cleared before it was written.
        var next = Next;
        return counter < ProtocolLimits.RejectAfterMessages
            && counter + 1 + ProtocolLimits.ReplayWindow >= next
            && (counter >= next || (Volatile.Read(ref _seen[Word(counter)]) & Bit(counter)) == 0);
    }

    /// <summary>Accepts a counter for the first time, else false. Called once the tag was right.</summary>
    internal bool TryAccept(ulong counter)
    {
        if (!CanAccept(counter))
            return false;
        if (counter >= _next)
            Advance(counter);
        _seen[Word(counter)] |= Bit(counter);
        return true;
    }

    private void Advance(ulong counter)
    {
        var newest = _next == 0 ? 0 : (_next - 1) / WordBits;
        var words = (counter / WordBits) - newest;
        if (words >= Words)
            Array.Clear(_seen);
        else
            for (ulong i = 1; i <= words; i++)
                _seen[(int)((newest + i) % Words)] = 0;
        Volatile.Write(ref _next, counter + 1);
    }

    private static int Word(ulong counter) => (int)(counter / WordBits % Words);

    private static ulong Bit(ulong counter) => 1UL << (int)(counter % WordBits);
}
