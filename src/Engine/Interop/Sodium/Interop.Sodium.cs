using System.Runtime.InteropServices;

/// <summary>Native signatures. In the global namespace, so that no folder's namespace can hide it.</summary>
internal static partial class Interop
{
    /// <summary>
    /// libsodium's C functions as they are. Nobody but <see cref="WireGuard.Engine.Crypto"/> calls them, and only after
    /// <see cref="WireGuard.Engine.Crypto.Sodium.EnsureReady"/>. Those that return int return 0 for success.
    /// </summary>
    internal static partial class Sodium
    {
        internal const string Library = "libsodium";

        [LibraryImport(Library)]
        internal static partial int sodium_init();
    }
}
