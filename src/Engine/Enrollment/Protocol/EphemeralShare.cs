using System.Security.Cryptography;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// One side's secrets of one run: CPace scalar and X25519 key, and what it shows of them. Never used for a second run.
/// Pinned, zeroed on <see cref="Dispose"/>.
/// </summary>
internal sealed class EphemeralShare : IDisposable
{
    private const int Size = 32;

    private readonly byte[] _secrets = GC.AllocateArray<byte>(2 * Size, pinned: true);
    private readonly byte[] _share = new byte[CPace.ShareSize];
    private readonly byte[] _publicKey = new byte[X25519.KeySize];

    /// <param name="session">Both nonces.</param>
    internal EphemeralShare(Credential credential, ReadOnlySpan<byte> session, RandomFill random)
    {
        random(_secrets);
        CPace.Clamp(Scalar);
        CPace.MakeShare(_share, Scalar, credential.Password, credential.Channel, session);
        X25519.PublicKey(_publicKey, PrivateKey);
    }

    internal ReadOnlySpan<byte> Share => _share;

    internal ReadOnlySpan<byte> PublicKey => _publicKey;

    internal ReadOnlySpan<byte> PrivateKey => _secrets.AsSpan(Size);

    private Span<byte> Scalar => _secrets.AsSpan(0, Size);

    /// <summary>The keys that follow from both messages, of which one is this side's; null when the other's share or key is none.</summary>
    internal EnrollmentKeys? Agree(Credential credential, ReadOnlySpan<byte> clientShare, ReadOnlySpan<byte> serverShare, bool isClient)
    {
        var shareOfClient = clientShare.Slice(EnrollmentFormat.ClientShare.Share, CPace.ShareSize);
        var keyOfClient = clientShare.Slice(EnrollmentFormat.ClientShare.Ephemeral, X25519.KeySize);
        var shareOfServer = serverShare.Slice(EnrollmentFormat.ServerShare.Share, CPace.ShareSize);
        var keyOfServer = serverShare.Slice(EnrollmentFormat.ServerShare.Ephemeral, X25519.KeySize);

        Span<byte> shared = stackalloc byte[X25519.KeySize];
        Span<byte> key = stackalloc byte[CPace.KeySize];
        try
        {
            return X25519.SharedSecret(shared, PrivateKey, isClient ? keyOfServer : keyOfClient)
                && CPace.MakeKey(
                    key,
                    Scalar,
                    isClient ? shareOfServer : shareOfClient,
                    EnrollmentFormat.SessionOf(serverShare),
                    new(shareOfClient, keyOfClient),
                    new(shareOfServer, keyOfServer))
                ? EnrollmentKeys.Begin(clientShare, serverShare, key, credential.InviteKey, shared)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_secrets);
}
