using System.Runtime.InteropServices;

internal static partial class Interop
{
    internal static unsafe partial class Sodium
    {
        /// <summary>c: mlen + 16 bytes. nsec is unused (null). npub: 12 bytes, k: 32 bytes.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_aead_chacha20poly1305_ietf_encrypt(
            byte* c, ulong* clen_p, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

        /// <summary>m: clen - 16 bytes. -1 when the tag is wrong.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_aead_chacha20poly1305_ietf_decrypt(
            byte* m, ulong* mlen_p, byte* nsec, byte* c, ulong clen, byte* ad, ulong adlen, byte* npub, byte* k);

        /// <summary>As the IETF form, with npub of 24 bytes.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
            byte* c, ulong* clen_p, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

        /// <summary>As the IETF form, with npub of 24 bytes.</summary>
        [LibraryImport(Library)]
        internal static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
            byte* m, ulong* mlen_p, byte* nsec, byte* c, ulong clen, byte* ad, ulong adlen, byte* npub, byte* k);
    }
}
