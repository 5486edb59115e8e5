using System.Net;

namespace WireGuard.Client;

/// <summary>What the system knows of the largest packet that a way takes.</summary>
internal static partial class PathMtu
{
    /// <summary>Bytes of an IP packet; null where the system does not tell. Nothing is sent.</summary>
    /// <param name="mark">The tunnel's, by which its own datagrams are routed; 0: none.</param>
    internal static int? To(IPEndPoint endpoint, uint mark) => OperatingSystem.IsLinux() ? OnLinux(endpoint, mark) : null;
}
