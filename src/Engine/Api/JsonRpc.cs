using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WireGuard.Api;

/// <summary>A request (with id) or a notification (without), JSON-RPC 2.0, section 4.</summary>
public sealed record RpcRequest
{
    [JsonPropertyName("jsonrpc")]
    public string Version { get; init; } = "2.0";

    /// <summary>A number, a string or null; echoed as it came.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Id { get; init; }

    public string? Method { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Params { get; init; }
}

/// <summary>JSON-RPC 2.0, section 5: either result or error.</summary>
public sealed record RpcResponse
{
    [JsonPropertyName("jsonrpc")]
    public string Version { get; init; } = "2.0";

    public JsonElement Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Result { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RpcError? Error { get; init; }
}

public sealed record RpcError(int Code, string Message)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RpcErrorData? Data { get; init; }
}

/// <param name="Id">Name of the <see cref="ControlErrorCode"/>, for scripts.</param>
/// <param name="Member">For InvalidValue and InvalidParams: the member of params that is wrong, as "allowedIPs[1]"; else null.</param>
public sealed record RpcErrorData(string Id, string? Member = null);

/// <summary>Reads and writes a key as base64 without making a string of it.</summary>
public sealed class SecretKeyJsonConverter : JsonConverter<SecretKey>
{
    // Every character of a key as a \uXXXX escape.
    private const int LongestText = 6 * KeyText.Base64Length;

    public override SecretKey? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[LongestText];
        try
        {
            if (reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && reader.ValueSpan.Length <= LongestText
                && SecretKey.TryParseUtf8(text[..reader.CopyString(text)], out var key))
                return key;
            throw new JsonException("A key is 44 characters of base64.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    public override void Write(Utf8JsonWriter writer, SecretKey value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Span);
}

/// <summary>Source-generated serialisation of everything on the control socket: camelCase, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RpcRequest))]
[JsonSerializable(typeof(RpcResponse))]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(TunnelQuery))]
[JsonSerializable(typeof(TunnelInfo))]
[JsonSerializable(typeof(TunnelInfo[]))]
[JsonSerializable(typeof(PeerInfo))]
[JsonSerializable(typeof(PeerKey))]
[JsonSerializable(typeof(PeerRemoveRequest))]
[JsonSerializable(typeof(PeerChangeRequest))]
[JsonSerializable(typeof(SyncRequest))]
[JsonSerializable(typeof(SyncResult))]
[JsonSerializable(typeof(SaveQuery))]
[JsonSerializable(typeof(SaveResult))]
[JsonSerializable(typeof(TunnelDifference[]))]
[JsonSerializable(typeof(EnrollmentOpenRequest))]
[JsonSerializable(typeof(EnrollmentOpened))]
[JsonSerializable(typeof(EnrollmentClosed))]
[JsonSerializable(typeof(EnrollmentStatus))]
[JsonSerializable(typeof(EnrollmentClientChoice))]
[JsonSerializable(typeof(EnrollmentInviteRequest))]
[JsonSerializable(typeof(EnrollmentInvite))]
[JsonSerializable(typeof(EnrollmentInviteId))]
[JsonSerializable(typeof(EnrollmentReservationRequest))]
[JsonSerializable(typeof(EnrollmentReservationChoice))]
[JsonSerializable(typeof(EnrollmentReservationInfo))]
[JsonSerializable(typeof(EngineStatus))]
[JsonSerializable(typeof(EngineEvent))]
[JsonSerializable(typeof(StartReport))]
public sealed partial class ControlJsonContext : JsonSerializerContext;
