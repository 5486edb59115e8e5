using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Device;

/// <summary>
/// Asks the processor to fetch what will be read soon. Where the packets of a batch are of many peers, little of what they need
/// is in the caches, and many lines can be on their way at once. A hint changes nothing, also where a collection has just
/// moved what it names.
/// </summary>
internal static unsafe class CacheHint
{
    /// <summary>Changes of peer within a batch from which on hints are worth their time.</summary>
    internal const int ManyChanges = 8;

    private const int LineBytes = 64;

    /// <summary>An object, as far as it reaches into so many lines from its beginning.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Object(object? target, int lines)
    {
        if (!Sse.IsSupported || target is null)
            return;
        var at = Unsafe.As<object, nint>(ref target);
        for (var i = 0; i < lines; i++)
            Sse.Prefetch0((void*)(at + (i * LineBytes)));
    }

    /// <summary>The line with a place in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Place<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
    }
}
