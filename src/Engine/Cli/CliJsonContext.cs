using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>Source-generated serialisation of what verbs print and send beyond the control contract.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(TunnelInfo))]
[JsonSerializable(typeof(List<TunnelInfo>))]
[JsonSerializable(typeof(IReadOnlyList<TunnelDifference>))]
[JsonSerializable(typeof(EnrollmentStatus))]
internal sealed partial class CliJsonContext : JsonSerializerContext
{
    /// <summary>For output that people read: '+' in keys stays '+'.</summary>
    public static CliJsonContext Readable =>
        field ??= new CliJsonContext(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
