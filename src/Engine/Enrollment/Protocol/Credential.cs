using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// What both sides share before they speak: a code's digits or an invitation's secret, and the keys that follow from it
/// (docs/enrollment-protocol.md, section 3). Pinned, zeroed on <see cref="Dispose"/>.
/// </summary>
internal sealed class Credential : IDisposable
{
    internal const int MinDigits = 6;
    internal const int MaxDigits = 8;
    internal const int SecretSize = 16;
    internal const int FingerprintSize = 16;

    private readonly byte[] _password;
    private readonly byte[] _inviteTag = GC.AllocateArray<byte>(Blake2s.MaxDigestSize, pinned: true);
    private readonly byte[] _inviteKey = GC.AllocateArray<byte>(Blake2s.MaxDigestSize, pinned: true);
    private readonly byte[] _mac1Key = new byte[Blake2s.MaxDigestSize];
    private readonly byte[] _channel;

    private Credential(CredentialKind kind, ReadOnlySpan<byte> password, ReadOnlySpan<byte> fingerprint)
    {
        Kind = kind;
        _password = GC.AllocateArray<byte>(password.Length, pinned: true);
        password.CopyTo(_password);
        Labelled(_mac1Key, "enrollment mac1"u8, fingerprint);
        Span<byte> text = stackalloc byte[64];
        var channel = new LengthValueWriter(text);
        channel.Add("WireGuard enrollment 1"u8);
        channel.Add([(byte)kind]);
        channel.Add("client"u8);
        channel.Add("server"u8);
        _channel = channel.Written.ToArray();
    }

    internal CredentialKind Kind { get; }

    /// <summary>CPace's PRS.</summary>
    internal ReadOnlySpan<byte> Password => _password;

    /// <summary>CPace's CI.</summary>
    internal ReadOnlySpan<byte> Channel => _channel;

    /// <summary>What goes into the chain of keys besides; empty for a code.</summary>
    internal ReadOnlySpan<byte> InviteKey => Kind == CredentialKind.Invite ? _inviteKey : default;

    /// <summary>Blanks and hyphens between digits are left out.</summary>
    /// <exception cref="FormatException">It is not 6 to 8 digits. The message does not repeat it.</exception>
    internal static Credential FromCode(ReadOnlySpan<char> text)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        var count = 0;
        var isWrong = false;
        foreach (var c in text)
        {
            if (c is ' ' or '-')
                continue;
            isWrong |= !char.IsAsciiDigit(c) || count == MaxDigits;
            if (!isWrong)
                digits[count++] = (byte)c;
        }

        try
        {
            if (isWrong || count < MinDigits)
                throw new FormatException($"A code is {MinDigits} to {MaxDigits} digits.");
            return new Credential(CredentialKind.Code, digits[..count], stackalloc byte[FingerprintSize]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(digits);
        }
    }

    /// <param name="secret">16 random bytes.</param>
    /// <param name="fingerprint">Of the server's key.</param>
    internal static Credential FromInvite(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> fingerprint)
    {
        var credential = new Credential(CredentialKind.Invite, secret, fingerprint);
        Labelled(credential._inviteTag, "enrollment invite tag"u8, secret);
        Labelled(credential._inviteKey, "enrollment invite key"u8, secret);
        return credential;
    }

    /// <summary>What an invitation vouches for: the first 16 bytes of a hash of the server's key.</summary>
    internal static byte[] Fingerprint(in PublicKey key)
    {
        Span<byte> hash = stackalloc byte[Blake2s.MaxDigestSize];
        Labelled(hash, "enrollment fingerprint"u8, key.Span);
        return hash[..FingerprintSize].ToArray();
    }

    /// <summary>Writes mac1, the last 16 bytes of a Hello or ClientShare.</summary>
    internal void WriteMac1(Span<byte> message) =>
        Blake2s.Keyed(message[^EnrollmentFormat.MacSize..], _mac1Key, message[..^EnrollmentFormat.MacSize]);

    internal bool IsMac1Valid(ReadOnlySpan<byte> message) =>
        IsMac(_mac1Key, message[..^EnrollmentFormat.MacSize], message[^EnrollmentFormat.MacSize..]);

    /// <summary>Writes the tag of a ClientShare that tells the server which invitation it is; nothing for a code.</summary>
    internal void WriteInviteTag(Span<byte> clientShare)
    {
        if (Kind == CredentialKind.Invite)
            Blake2s.Keyed(
                clientShare.Slice(EnrollmentFormat.ClientShare.InviteTag, EnrollmentFormat.MacSize),
                _inviteTag,
                clientShare[..EnrollmentFormat.ClientShare.InviteTag]);
    }

    internal bool IsInviteTagValid(ReadOnlySpan<byte> clientShare) => Kind == CredentialKind.Invite && IsMac(
        _inviteTag,
        clientShare[..EnrollmentFormat.ClientShare.InviteTag],
        clientShare.Slice(EnrollmentFormat.ClientShare.InviteTag, EnrollmentFormat.MacSize));

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_password);
        CryptographicOperations.ZeroMemory(_inviteTag);
        CryptographicOperations.ZeroMemory(_inviteKey);
    }

    private static bool IsMac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[EnrollmentFormat.MacSize];
        Blake2s.Keyed(expected, key, bytes);
        return CryptographicOperations.FixedTimeEquals(expected, mac);
    }

    private static void Labelled(Span<byte> digest, ReadOnlySpan<byte> label, ReadOnlySpan<byte> input)
    {
        var hash = default(Blake2s);
        hash.Init(digest.Length);
        hash.Update(label);
        hash.Update(input);
        hash.Finish(digest);
    }
}
