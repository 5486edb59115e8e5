using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>geteuid(2).</summary>
internal static partial class EffectiveUser
{
    internal static uint Id => GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
