using WireGuard.Api;

namespace WireGuard.Tests.Control;

internal static class Keys
{
    /// <summary>A key that tells its number in its first four bytes.</summary>
    internal static PublicKey Numbered(int number)
    {
        var bytes = new byte[PublicKey.Size];
        BitConverter.TryWriteBytes(bytes, number);
        bytes[31] = 0x11;
        return new PublicKey(bytes);
    }

    internal static string Hex(PublicKey key) => Convert.ToHexStringLower(key.Span);
}
