using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Hosting;

/// <summary>Finds a peer in a file that is the tunnel itself, which a device leaves out without a word.</summary>
public static class OwnPeer
{
    /// <summary>A warning, or none: also where libsodium is missing, without which nothing starts anyway.</summary>
    public static IReadOnlyList<ConfigDiagnostic> Warnings(TunnelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Interface.PrivateKey is not { } privateKey || config.Peers.Count == 0)
            return [];
        try
        {
            Span<byte> own = stackalloc byte[PublicKey.Size];
            X25519.PublicKey(own, privateKey.Span);
            return ConfigSupport.OwnPeer(config, new PublicKey(own));
        }
        catch (CryptoUnavailableException)
        {
            return [];
        }
    }
}
