using System.Security.Cryptography;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Cookies by which a sender shows that it receives at its address, without anything being kept of it
/// (docs/enrollment-protocol.md, section 7.1). Good for 60 to 120 seconds.
/// </summary>
internal sealed class CookieSource(RandomFill random) : IDisposable
{
    internal const long SecretLifetime = 60L * 1_000_000_000;

    private const int SecretSize = 32;

    private readonly byte[] _secrets = GC.AllocateArray<byte>(2 * SecretSize, pinned: true);
    private long _madeAt = long.MinValue;

    private Span<byte> Current => _secrets.AsSpan(0, SecretSize);

    private Span<byte> Previous => _secrets.AsSpan(SecretSize);

    /// <param name="message">Bears credential and both nonces in its frame.</param>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal void Write(Span<byte> cookie, ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        Rotate(now);
        Make(cookie, Current, message, from);
    }

    /// <inheritdoc cref="Write"/>
    internal bool IsValid(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        Rotate(now);
        Span<byte> expected = stackalloc byte[EnrollmentFormat.MacSize];
        Make(expected, Current, message, from);
        var isOfCurrent = CryptographicOperations.FixedTimeEquals(expected, cookie);
        Make(expected, Previous, message, from);
        return isOfCurrent | CryptographicOperations.FixedTimeEquals(expected, cookie);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_secrets);

    private void Rotate(long now)
    {
        if (_madeAt != long.MinValue && now - _madeAt < SecretLifetime)
            return;
        // On the minute, so that one that is asked for rarely does not live longer.
        var isNext = _madeAt != long.MinValue && now - _madeAt < 2 * SecretLifetime;
        if (isNext)
            Current.CopyTo(Previous);
        else
            random(Previous);
        random(Current);
        _madeAt = isNext ? _madeAt + SecretLifetime : now;
    }

    private static void Make(Span<byte> cookie, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> message, in UdpEndpoint from)
    {
        Span<byte> input = stackalloc byte[1 + EnrollmentFormat.SessionSize + UdpEndpoint.MaxCookieInput];
        message[(EnrollmentFormat.ClientNonce - 1)..EnrollmentFormat.FrameSize].CopyTo(input);
        var length = 1 + EnrollmentFormat.SessionSize;
        length += from.WriteCookieInput(input[length..]);
        Blake2s.Keyed(cookie, secret, input[..length]);
    }
}
