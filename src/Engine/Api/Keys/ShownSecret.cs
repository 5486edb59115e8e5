using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WireGuard.Api;

/// <summary>
/// Text that is secret and short-lived, and made to be shown to whoever asked for it: a code, the link of an invitation. Pinned,
/// zeroed on <see cref="Dispose"/>, and never part of <see cref="ToString"/>.
/// </summary>
[JsonConverter(typeof(ShownSecretJsonConverter))]
public sealed class ShownSecret : IDisposable
{
    private readonly char[] _text;

    /// <param name="text">Copied; the caller zeroes its own.</param>
    public ShownSecret(ReadOnlySpan<char> text)
    {
        _text = GC.AllocateUninitializedArray<char>(text.Length, pinned: true);
        text.CopyTo(_text);
    }

    /// <summary>The text; all zero once disposed of.</summary>
    public ReadOnlySpan<char> Span => _text;

    /// <summary>The text in a string that cannot be zeroed: only for showing it to who asked for it.</summary>
    public string Reveal() => new(_text);

    public override string ToString() => "(hidden)";

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_text.AsSpan()));
}

/// <summary>Reads and writes a secret without making a string of it.</summary>
public sealed class ShownSecretJsonConverter : JsonConverter<ShownSecret>
{
    private const int LongestText = 2048;

    [SuppressMessage("Design", "CA1062", Justification = "The serialiser hands over what is there.")]
    public override ShownSecret? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[LongestText];
        try
        {
            return reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && reader.ValueSpan.Length <= LongestText
                ? new ShownSecret(text[..reader.CopyString(text)])
                : throw new JsonException("A secret is a string.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text));
        }
    }

    public override void Write(Utf8JsonWriter writer, ShownSecret value, JsonSerializerOptions options)
    {
        // Not by the writer's own way for text, which takes buffers of a pool for what it escapes; in ours nothing is.
        Span<byte> utf8 = stackalloc byte[3 * LongestText];
        var length = Encoding.UTF8.GetBytes(value.Span, utf8);
        writer.WriteStringValue(utf8[..length]);
        CryptographicOperations.ZeroMemory(utf8);
    }
}
