using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Noise;

/// <summary>Where ephemeral private keys come from: the system's random numbers, or fixed ones in known-answer tests.</summary>
public abstract class EphemeralSource
{
    public static EphemeralSource System { get; } = new SystemSource();

    /// <summary>Fills 32 bytes; clamping is the caller's.</summary>
    public abstract void NextPrivateKey(Span<byte> key);

    private sealed class SystemSource : EphemeralSource
    {
        public override void NextPrivateKey(Span<byte> key) => SecureRandom.Fill(key);
    }
}
