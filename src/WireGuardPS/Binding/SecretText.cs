using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>Keys between SecureString, which cmdlets take and give, and <see cref="SecretKey"/>.</summary>
internal static class SecretText
{
    /// <summary>Null for null.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    internal static SecureString? ToSecureString(string? text) => text is null ? null : ToSecureString(text.AsSpan());

    internal static SecureString ToSecureString(ReadOnlySpan<char> text)
    {
        var secure = new SecureString();
        foreach (var c in text)
            secure.AppendChar(c);
        secure.MakeReadOnly();
        return secure;
    }

    /// <summary>44 characters of base64.</summary>
    internal static SecureString ToSecureString(SecretKey key)
    {
        Span<char> text = stackalloc char[KeyText.Base64Length];
        Convert.TryToBase64Chars(key.Span, text, out var length);
        var secure = ToSecureString(text[..length]);
        text.Clear();
        return secure;
    }

    /// <summary>A key from its base64; blanks around it are passed over.</summary>
    /// <exception cref="WgException">InvalidKey; the message never repeats the text.</exception>
    internal static SecretKey ToKey(SecureString secure, string what)
    {
        var text = Reveal(secure);
        try
        {
            return SecretKey.Parse(text.AsSpan().Trim(), what);
        }
        catch (FormatException e)
        {
            throw new WgException(ErrorIds.InvalidKey, e.Message, e);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>The text in UTF-8 and a newline, for another process's input; pinned, and the caller's to zero.</summary>
    internal static byte[] ToUtf8Line(SecureString secure)
    {
        var text = Reveal(secure);
        try
        {
            var line = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
            Encoding.UTF8.GetBytes(text, line);
            line[^1] = (byte)'\n';
            return line;
        }
        finally
        {
            Array.Clear(text);
        }
    }

    // Pinned, so that the garbage collector leaves no copy behind.
    private static char[] Reveal(SecureString secure)
    {
        var text = GC.AllocateUninitializedArray<char>(secure.Length, pinned: true);
        var native = Marshal.SecureStringToGlobalAllocUnicode(secure);
        Marshal.Copy(native, text, 0, text.Length);
        Marshal.ZeroFreeGlobalAllocUnicode(native);
        return text;
    }

    /// <summary>Marks a SecureString that was made from plain text, so that the cmdlet can warn on its own stream.</summary>
    internal static SecureString FromPlainText(string text)
    {
        var secure = ToSecureString(text);
        PlainText.Origins.Add(secure, true);
        return secure;
    }

    internal static bool CameAsPlainText(SecureString secure) => PlainText.Origins.TryGetValue(secure, out _);

    // A class of its own: made at the first plain text, not when the module is loaded.
    private static class PlainText
    {
        internal static readonly ConditionalWeakTable<SecureString, object> Origins = new();
    }
}
