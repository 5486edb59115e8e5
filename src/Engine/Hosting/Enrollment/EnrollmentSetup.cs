using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>What an enrollment server is made of. Whoever starts the tunnel hands it over; the tunnel closes the state.</summary>
internal sealed class EnrollmentSetup : IDisposable
{
    internal required IStateJournal Store { get; init; }

    internal required AddressPool Pool { get; init; }

    internal required ServerSettings Settings { get; init; }

    /// <summary>Of the tunnel.</summary>
    internal required ushort Port { get; init; }

    /// <summary>Where clients reach it; null: it was not told.</summary>
    internal HostEndpoint? Endpoint { get; init; }

    public void Dispose() => Store.Dispose();
}
