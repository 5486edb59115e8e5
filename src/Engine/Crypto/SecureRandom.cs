using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// The kernel's random numbers, by libsodium, which the engine needs anyway: .NET would load OpenSSL for them, 5 ms of a
/// start and 4 MB. Any thread.
/// </summary>
public static class SecureRandom
{
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static unsafe void Fill(Span<byte> bytes)
    {
        Sodium.EnsureReady();
        fixed (byte* start = bytes)
            Native.randombytes_buf(start, (nuint)bytes.Length);
    }

    public static ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
