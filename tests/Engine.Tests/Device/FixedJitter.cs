namespace WireGuard.Tests.Device;

/// <summary>Always the same share of the jitter that may be: 0 none, just under 1 all of it.</summary>
internal sealed class FixedJitter(double share) : Random
{
    public override long NextInt64(long maxValue) => (long)(maxValue * share);
}
