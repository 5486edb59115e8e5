using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>Writes lines to clients (JSON-RPC 2.0, section 5), newline included, straight into memory that can be zeroed.</summary>
internal static class RpcText
{
    // Not for a web page: base64's plus sign stays readable.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="id">As it came; empty: null.</param>
    internal static SecretBufferWriter Result<T>(ReadOnlySpan<byte> id, T result, JsonTypeInfo<T> type)
    {
        var text = new SecretBufferWriter(1024);
        using (var json = Begin(text))
        {
            WriteId(json, id);
            json.WritePropertyName("result"u8);
            JsonSerializer.Serialize(json, result, type);
            json.WriteEndObject();
        }

        return End(text);
    }

    /// <inheritdoc cref="Result"/>
    internal static SecretBufferWriter Error(ReadOnlySpan<byte> id, ControlException problem)
    {
        var text = new SecretBufferWriter(512);
        using (var json = Begin(text))
        {
            WriteId(json, id);
            json.WritePropertyName("error"u8);
            var error = new RpcError((int)problem.Code, problem.Message) { Data = new RpcErrorData(problem.Code.ToString(), problem.Member) };
            JsonSerializer.Serialize(json, error, ControlJsonContext.Default.RpcError);
            json.WriteEndObject();
        }

        return End(text);
    }

    internal static byte[] Notification<T>(string method, T parameters, JsonTypeInfo<T> type)
    {
        using var text = new SecretBufferWriter(512);
        using (var json = Begin(text))
        {
            json.WriteString("method"u8, method);
            json.WritePropertyName("params"u8);
            JsonSerializer.Serialize(json, parameters, type);
            json.WriteEndObject();
        }

        return End(text).Written.ToArray();
    }

    private static Utf8JsonWriter Begin(SecretBufferWriter text)
    {
        var json = new Utf8JsonWriter(text, s_options);
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        return json;
    }

    private static void WriteId(Utf8JsonWriter json, ReadOnlySpan<byte> id)
    {
        json.WritePropertyName("id"u8);
        if (id.IsEmpty)
            json.WriteNullValue();
        else
            json.WriteRawValue(id, skipInputValidation: true);
    }

    private static SecretBufferWriter End(SecretBufferWriter text)
    {
        text.GetSpan(1)[0] = (byte)'\n';
        text.Advance(1);
        return text;
    }
}
