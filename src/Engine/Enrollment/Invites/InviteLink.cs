using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// An invitation as it goes from hand to hand: <c>wg-enroll://HOST:PORT/BASE64URL</c> (docs/enrollment-protocol.md,
/// section 3). Whoever reads it can use it.
/// </summary>
internal sealed class InviteLink : IDisposable
{
    private const string Scheme = "wg-enroll://";
    private const byte Version = 1;
    private const int MaxHost = 253;
    private const int SecretAt = 1;
    private const int FingerprintAt = SecretAt + Credential.SecretSize;
    private const int ExpiryAt = FingerprintAt + Credential.FingerprintSize;
    private const int CheckAt = ExpiryAt + sizeof(long);
    private const int CheckSize = 4;
    private const int Size = CheckAt + CheckSize;

    private static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly byte[] _bytes = GC.AllocateArray<byte>(Size, pinned: true);

    private InviteLink(string host, ushort port)
    {
        Host = host;
        Port = port;
    }

    internal InviteLink(string host, ushort port, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> fingerprint, DateTimeOffset expires)
        : this(host, port)
    {
        if (!IsHost(host) || port == 0)
            throw new ArgumentException("An invitation needs the server's name or address, IPv6 in brackets, and its port.", nameof(host));
        _bytes[0] = Version;
        secret.CopyTo(_bytes.AsSpan(SecretAt, Credential.SecretSize));
        fingerprint.CopyTo(_bytes.AsSpan(FingerprintAt, Credential.FingerprintSize));
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(ExpiryAt), expires.ToUnixTimeSeconds());
        WriteCheck(_bytes.AsSpan(CheckAt));
    }

    /// <summary>A name, an IPv4 address, or an IPv6 address in brackets.</summary>
    internal string Host { get; }

    internal ushort Port { get; }

    internal ReadOnlySpan<byte> Secret => _bytes.AsSpan(SecretAt, Credential.SecretSize);

    internal byte[] ServerFingerprint => _bytes.AsSpan(FingerprintAt, Credential.FingerprintSize).ToArray();

    internal DateTimeOffset Expires => DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(ExpiryAt)));

    internal static bool TryParse(string text, [NotNullWhen(true)] out InviteLink? link)
    {
        link = null;
        text = text.Trim();
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var slash = text.IndexOf('/', Scheme.Length);
        var colon = slash < 0 ? -1 : text.LastIndexOf(':', slash);
        if (colon < Scheme.Length || !ushort.TryParse(text.AsSpan(colon + 1, slash - colon - 1), System.Globalization.NumberStyles.None, null, out var port) || port == 0)
            return false;
        var host = text[Scheme.Length..colon];
        var draft = new InviteLink(host, port);
        Span<byte> check = stackalloc byte[CheckSize];
        if (IsHost(host) && TryDecode(text.AsSpan(slash + 1), draft._bytes) && draft._bytes[0] == Version
            && BinaryPrimitives.ReadInt64LittleEndian(draft._bytes.AsSpan(ExpiryAt)) is var expiry && expiry >= 0 && expiry <= s_latest)
        {
            draft.WriteCheck(check);
            if (check.SequenceEqual(draft._bytes.AsSpan(CheckAt)))
            {
                link = draft;
                return true;
            }
        }

        draft.Dispose();
        return false;
    }

    /// <summary>The link itself, for whoever asked for it, who disposes of it.</summary>
    internal ShownSecret ToLink()
    {
        var start = $"{Scheme}{Host}:{Port}/";
        Span<char> text = stackalloc char[Scheme.Length + MaxHost + 7 + Base64Url.GetEncodedLength(Size)];
        start.CopyTo(text);
        var length = start.Length + Base64Url.EncodeToChars(_bytes, text[start.Length..]);
        var link = new ShownSecret(text[..length]);
        text.Clear();
        return link;
    }

    public override string ToString() => $"{Scheme}{Host}:{Port}/(hidden)";

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    // One text for one link: bits that nothing needs are zero.
    private static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length != Base64Url.GetEncodedLength(Size) || !Base64Url.IsValid(text, out var length) || length != Size)
            return false;
        return Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Size;
    }

    private static bool IsHost(string host)
    {
        if (host.Length is 0 or > MaxHost)
            return false;
        if (host.StartsWith('['))
            return host.EndsWith(']') && System.Net.IPAddress.TryParse(host[1..^1], out var address)
                && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        return host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');
    }

    private void WriteCheck(Span<byte> check)
    {
        Span<byte> digest = stackalloc byte[Blake2s.MaxDigestSize];
        var hash = default(Blake2s);
        hash.Init(digest.Length);
        hash.Update("enrollment link"u8);
        hash.Update(Encoding.ASCII.GetBytes($"{Host}:{Port}"));
        hash.Update(_bytes.AsSpan(0, CheckAt));
        hash.Finish(digest);
        digest[..CheckSize].CopyTo(check);
    }
}
