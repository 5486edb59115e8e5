using System.Runtime.InteropServices;

internal static partial class Interop
{
    internal static unsafe partial class Sodium
    {
        /// <summary>p: 32 bytes, r: 64 uniform bytes. Cannot fail.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_core_ristretto255_from_hash(byte* p, byte* r);

        /// <summary>q, n, p: 32 bytes each. -1 when p encodes no element or the result is the identity.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_scalarmult_ristretto255(byte* q, byte* n, byte* p);
    }
}
