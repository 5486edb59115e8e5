using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Noise;

/// <summary>
/// The device's own key pair. Immutable: a change of key makes a new one, and the old one is disposed of when the
/// handshake worker, its only user besides the control path, can no longer hold it.
/// </summary>
internal sealed class StaticIdentity : IDisposable
{
    /// <param name="privateKey">Copied and clamped.</param>
    internal StaticIdentity(SecretKey privateKey)
    {
        PrivateKey = privateKey.Clone();
        PrivateKey.Clamp();
        Span<byte> publicKey = stackalloc byte[WireGuard.Api.PublicKey.Size];
        X25519.PublicKey(publicKey, PrivateKey.Span);
        PublicKey = new PublicKey(publicKey);
    }

    internal SecretKey PrivateKey { get; }

    internal PublicKey PublicKey { get; }

    public void Dispose() => PrivateKey.Dispose();
}
