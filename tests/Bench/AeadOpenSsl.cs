using System.Runtime.InteropServices;

namespace WireGuard.Bench;

/// <summary>
/// OpenSSL's ChaCha20-Poly1305 by its EVP interface, as a program would use it that seals packets: one context that keeps
/// the key, a nonce a packet, text and tag in place.
/// </summary>
internal sealed unsafe partial class AeadOpenSsl : IDisposable
{
    private const string Library = "libcrypto.so.3";

    // EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG.
    private const int GetTag = 0x10;
    private const int SetTag = 0x11;
    private const int TagSize = 16;

    private readonly nint _seal = EVP_CIPHER_CTX_new();
    private readonly nint _open = EVP_CIPHER_CTX_new();

    public AeadOpenSsl(byte* key)
    {
        var cipher = EVP_chacha20_poly1305();
        Check(EVP_EncryptInit_ex(_seal, cipher, 0, key, null));
        Check(EVP_DecryptInit_ex(_open, cipher, 0, key, null));
    }

    public static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    public void Seal(ulong counter, byte* data, int length)
    {
        var nonce = stackalloc byte[12];
        *(uint*)nonce = 0;
        *(ulong*)(nonce + 4) = counter;
        int written;
        Check(EVP_EncryptInit_ex(_seal, 0, 0, null, nonce));
        Check(EVP_EncryptUpdate(_seal, data, &written, data, length));
        Check(EVP_EncryptFinal_ex(_seal, data + length, &written));
        Check(EVP_CIPHER_CTX_ctrl(_seal, GetTag, TagSize, data + length));
    }

    public void Open(ulong counter, byte* data, int length)
    {
        var nonce = stackalloc byte[12];
        *(uint*)nonce = 0;
        *(ulong*)(nonce + 4) = counter;
        int written;
        Check(EVP_DecryptInit_ex(_open, 0, 0, null, nonce));
        Check(EVP_CIPHER_CTX_ctrl(_open, SetTag, TagSize, data + length));
        Check(EVP_DecryptUpdate(_open, data, &written, data, length));
        Check(EVP_DecryptFinal_ex(_open, data + length, &written));
    }

    public void Dispose()
    {
        EVP_CIPHER_CTX_free(_seal);
        EVP_CIPHER_CTX_free(_open);
    }

    private static void Check(int result)
    {
        if (result != 1)
            throw new InvalidOperationException("OpenSSL failed.");
    }

    [LibraryImport(Library)]
    private static partial nint EVP_chacha20_poly1305();

    [LibraryImport(Library)]
    private static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_CIPHER_CTX_ctrl(nint context, int type, int argument, void* pointer);

    [LibraryImport(Library)]
    private static partial int EVP_EncryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* nonce);

    [LibraryImport(Library)]
    private static partial int EVP_EncryptUpdate(nint context, byte* output, int* written, byte* input, int length);

    [LibraryImport(Library)]
    private static partial int EVP_EncryptFinal_ex(nint context, byte* output, int* written);

    [LibraryImport(Library)]
    private static partial int EVP_DecryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* nonce);

    [LibraryImport(Library)]
    private static partial int EVP_DecryptUpdate(nint context, byte* output, int* written, byte* input, int length);

    [LibraryImport(Library)]
    private static partial int EVP_DecryptFinal_ex(nint context, byte* output, int* written);
}
