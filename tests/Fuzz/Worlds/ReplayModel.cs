using WireGuard.Engine.Noise;

namespace WireGuard.Fuzz;

/// <summary>What a replay window has to do, by a plain set (whitepaper, section 5.4.6).</summary>
internal sealed class ReplayModel
{
    private readonly HashSet<ulong> _seen = [];

    internal ulong Newest { get; private set; }

    internal bool TryAccept(ulong counter)
    {
        if (counter >= ProtocolLimits.RejectAfterMessages
            || (_seen.Count > 0 && counter < Newest && Newest - counter > ProtocolLimits.ReplayWindow)
            || !_seen.Add(counter))
            return false;
        Newest = Math.Max(Newest, counter);
        return true;
    }
}
