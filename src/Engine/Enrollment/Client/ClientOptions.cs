using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Enrollment;

/// <summary>What a client needs to join. Whoever made credential and identity keeps and disposes of them.</summary>
internal sealed class ClientOptions
{
    internal required Credential Credential { get; init; }

    /// <summary>The key that the tunnel will have, made and stored before.</summary>
    internal required StaticIdentity Identity { get; init; }

    internal string? Name { get; init; }

    /// <summary>With an invitation: the fingerprint of the server's key.</summary>
    internal byte[]? ServerFingerprint { get; init; }

    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
