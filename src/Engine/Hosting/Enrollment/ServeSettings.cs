using System.Text.Json.Serialization;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// What `serve` was told, in the words in which it was; kept beside the state, so that the next start needs no more than the name. Null: not told.
/// </summary>
internal sealed record ServeSettings
{
    public IReadOnlyList<string>? Pool { get; init; }

    public string? Endpoint { get; init; }

    public ushort? Port { get; init; }

    public IReadOnlyList<string>? Dns { get; init; }

    public ushort? Mtu { get; init; }

    public IReadOnlyList<string>? AllowedIPs { get; init; }

    public ushort? Keepalive { get; init; }

    /// <summary>Seconds; 0: until revoked.</summary>
    public uint? Lease { get; init; }

    /// <summary>These, and where they say nothing, what was said before.</summary>
    internal ServeSettings Over(ServeSettings before) => new()
    {
        Pool = Pool ?? before.Pool,
        Endpoint = Endpoint ?? before.Endpoint,
        Port = Port ?? before.Port,
        Dns = Dns ?? before.Dns,
        Mtu = Mtu ?? before.Mtu,
        AllowedIPs = AllowedIPs ?? before.AllowedIPs,
        Keepalive = Keepalive ?? before.Keepalive,
        Lease = Lease ?? before.Lease,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(ServeSettings))]
internal sealed partial class ServeJsonContext : JsonSerializerContext;
