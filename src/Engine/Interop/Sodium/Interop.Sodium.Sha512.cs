using System.Runtime.InteropServices;

internal static partial class Interop
{
    internal static unsafe partial class Sodium
    {
        /// <summary>hash: 64 bytes.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_hash_sha512(byte* hash, byte* data, ulong length);
    }
}
