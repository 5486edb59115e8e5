using System.Runtime.InteropServices;

internal static partial class Interop
{
    internal static unsafe partial class Sodium
    {
        /// <summary>q, n, p: 32 bytes each. -1 when the result is all zero (a point of low order).</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_scalarmult_curve25519(byte* q, byte* n, byte* p);

        [LibraryImport(Library)]
        internal static partial int crypto_scalarmult_curve25519_base(byte* q, byte* n);
    }
}
