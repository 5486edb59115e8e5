using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Interop;

/// <summary>A key pair as text, of the test's own and used nowhere else.</summary>
internal sealed record TestKeys(string PrivateKey, string PublicKey)
{
    public static TestKeys Create()
    {
        using var privateKey = SecretKey.RandomPrivateKey();
        var publicKey = new byte[32];
        X25519.PublicKey(publicKey, privateKey.Span);
        return new TestKeys(privateKey.ToBase64(), Convert.ToBase64String(publicKey));
    }

    public static string CreatePresharedKey()
    {
        using var key = SecretKey.Random();
        return key.ToBase64();
    }
}
