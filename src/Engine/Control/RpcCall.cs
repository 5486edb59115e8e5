using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>
/// A request or notification (JSON-RPC 2.0, section 4), its id and params still as slices of the received line: params
/// may carry a key, and a copy of them could not be zeroed.
/// </summary>
internal readonly record struct RpcCall(string Method, ReadOnlyMemory<byte> Id, ReadOnlyMemory<byte> Params)
{
    /// <summary>No id at all: whatever happens, there is no answer.</summary>
    internal bool IsNotification => Id.IsEmpty;

    /// <summary>False: the line is no request, and <paramref name="problem"/> is the answer under <paramref name="id"/>.</summary>
    /// <param name="id">The id as it came, or empty when there was none to be found.</param>
    internal static bool TryParse(ReadOnlyMemory<byte> line, out RpcCall call, out ReadOnlyMemory<byte> id, out ControlException? problem)
    {
        call = default;
        var envelope = default(Envelope);
        try
        {
            problem = Utf8.IsValid(line.Span) ? envelope.Read(line) : ParseError();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair, which is found only when a string is taken out.
            problem = ParseError();
        }

        id = problem?.Code == ControlErrorCode.ParseError ? default : envelope.Id;
        if (problem is null)
            call = new RpcCall(envelope.Method!, envelope.Id, envelope.Params);
        return problem is null;
    }

    /// <summary>Reads params that have to be an object.</summary>
    /// <exception cref="ControlException">InvalidParams, or InvalidValue for a key that is none.</exception>
    internal T ReadParams<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (Params.IsEmpty || Params.Span[0] != '{')
            throw new ControlException(ControlErrorCode.InvalidParams, $"{Method} takes an object as params.");
        try
        {
            return JsonSerializer.Deserialize(Params.Span, type)
                ?? throw new ControlException(ControlErrorCode.InvalidParams, $"{Method} takes an object as params.");
        }
        catch (JsonException e)
        {
            // The serialiser's own message may quote what it read.
            var member = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
            if (member is not null && (member.EndsWith("presharedKey", StringComparison.Ordinal) || member.EndsWith("privateKey", StringComparison.Ordinal)))
                throw ControlException.InvalidValue(member, "a key is 44 characters of base64.");
            throw new ControlException(
                ControlErrorCode.InvalidParams,
                member is null ? $"{Method}: a required member of params is missing." : $"{member}: not of the type that {Method} takes.",
                member);
        }
    }

    private static ControlException ParseError() => new(ControlErrorCode.ParseError, "The line is not valid JSON.");

    private static ControlException Invalid(string message) => new(ControlErrorCode.InvalidRequest, message);

    private struct Envelope
    {
        internal string? Method;
        internal ReadOnlyMemory<byte> Id;
        internal ReadOnlyMemory<byte> Params;
        private bool _hasVersion;
        private string? _problem;

        /// <summary>The whole line is read before anything is said of it: bad JSON goes before a bad request.</summary>
        internal ControlException? Read(ReadOnlyMemory<byte> line)
        {
            var reader = new Utf8JsonReader(line.Span);
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    ReadMember(line, ref reader);
            }
            else
            {
                _problem = reader.TokenType == JsonTokenType.StartArray ? "Batches are not served; send one request a line." : "A request is an object.";
                reader.Skip();
            }

            while (reader.Read())
            {
                // Only whitespace may follow; the reader throws on anything else.
            }

            if (_problem is null && !_hasVersion)
                _problem = "The member jsonrpc has to be \"2.0\".";
            if (_problem is null && Method is null)
                _problem = "The member method is missing.";
            return _problem is null ? null : Invalid(_problem);
        }

        private void ReadMember(ReadOnlyMemory<byte> line, ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("jsonrpc"u8))
            {
                reader.Read();
                _hasVersion = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("method"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                    Method = reader.GetString();
                else
                    _problem = "The member method has to be a string.";
                reader.Skip();
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                var id = ReadValue(line, ref reader, out var type);
                if (type is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null)
                    Id = id;
                else
                    _problem = "The member id has to be a string, a number or null.";
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                Params = ReadValue(line, ref reader, out var type);
                if (type is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    _problem = "The member params has to be an object.";
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        private static ReadOnlyMemory<byte> ReadValue(ReadOnlyMemory<byte> line, ref Utf8JsonReader reader, out JsonTokenType type)
        {
            reader.Read();
            type = reader.TokenType;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            return line[start..(int)reader.BytesConsumed];
        }
    }
}
