using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>WireGuard/Tunnel: a tunnel that runs, or is to.</summary>
internal sealed record DscTunnel : IDisposable
{
    public required string Name { get; init; }

    [JsonPropertyName("_exist")]
    public bool? Exist { get; init; }

    /// <summary>What it is started from; NAME.conf in /etc/wireguard unless given.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>Only in a desired state.</summary>
    [JsonConverter(typeof(DscSecretConverter))]
    public SecretKey? PrivateKey { get; init; }

    /// <summary>Only in an actual state.</summary>
    public string? PublicKey { get; init; }

    public int? ListenPort { get; init; }

    public uint? FwMark { get; init; }

    public int? Mtu { get; init; }

    public IReadOnlyList<string>? Addresses { get; init; }

    public void Dispose() => PrivateKey?.Dispose();
}

/// <summary>WireGuard/Peer: a peer of a running tunnel.</summary>
internal sealed record DscPeer : IDisposable
{
    public required string Tunnel { get; init; }

    public required string PublicKey { get; init; }

    [JsonPropertyName("_exist")]
    public bool? Exist { get; init; }

    public string? Name { get; init; }

    /// <summary>Only in a desired state.</summary>
    [JsonConverter(typeof(DscSecretConverter))]
    public SecretKey? PresharedKey { get; init; }

    public string? Endpoint { get; init; }

    public IReadOnlyList<string>? AllowedIPs { get; init; }

    public int? PersistentKeepalive { get; init; }

    public void Dispose() => PresharedKey?.Dispose();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DscTunnel))]
[JsonSerializable(typeof(DscPeer))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class DscJsonContext : JsonSerializerContext
{
    /// <summary>'+' in keys stays '+'.</summary>
    public static DscJsonContext Readable =>
        field ??= new DscJsonContext(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
