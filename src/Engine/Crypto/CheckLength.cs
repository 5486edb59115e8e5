using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Crypto;

/// <summary>Length checks of the fixed-size buffers that go to native code unchecked.</summary>
internal static class CheckLength
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Is(int expected, ReadOnlySpan<byte> buffer, [CallerArgumentExpression(nameof(buffer))] string name = "")
    {
        if (buffer.Length != expected)
            Throw(expected, buffer.Length, name);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(int expected, int actual, string name) =>
        throw new ArgumentException($"Must have {expected} bytes, not {actual}.", name);
}
