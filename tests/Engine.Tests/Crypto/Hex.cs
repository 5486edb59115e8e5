namespace WireGuard.Tests.Crypto;

internal static class Hex
{
    internal static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    internal static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>The filler of the stored vectors: byte i is 7 i + salt.</summary>
    internal static byte[] Pattern(int length, int salt)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)((7 * i) + salt);
        return bytes;
    }
}
