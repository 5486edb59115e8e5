using System.Text.Json;
using System.Text.Json.Serialization;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>A key of a desired state: base64, or what DSC makes of a secure parameter, an object with secureString.</summary>
internal sealed class DscSecretConverter : JsonConverter<SecretKey>
{
    private static readonly SecretKeyJsonConverter s_text = new();

    public override SecretKey? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return s_text.Read(ref reader, typeToConvert, options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("secureString"u8) || !reader.Read())
            throw new JsonException("A key is base64, or an object with secureString.");
        var key = s_text.Read(ref reader, typeToConvert, options);
        if (reader.Read() && reader.TokenType == JsonTokenType.EndObject)
            return key;
        key?.Dispose();
        throw new JsonException("A key is base64, or an object with secureString alone.");
    }

    /// <summary>Never: no state that is written has one.</summary>
    public override void Write(Utf8JsonWriter writer, SecretKey value, JsonSerializerOptions options) =>
        throw new InvalidOperationException("A key was about to be written.");
}
