using System.Net.Sockets;
using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Control;

public readonly partial record struct PeerCredentials
{
    private const int SocketLevel = 1;  // SOL_SOCKET
    private const int PeerCredential = 17; // SO_PEERCRED
    private const int PeerGroups = 59; // SO_PEERGROUPS
    private const int MostGroups = 65536; // NGROUPS_MAX
    private const int FewGroups = 64;

    /// <summary>Root and the user that the engine itself runs as, and a group's members if there is one.</summary>
    public static AccessPolicy RootAndSelf(ControlGroup? group = null) => new([0, EffectiveUser.Id], group);

    /// <exception cref="SocketException">The socket is no connected AF_UNIX socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        // struct ucred: pid, uid, gid, four bytes each.
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SocketLevel, PeerCredential, credentials) != credentials.Length)
            throw new SocketException((int)SocketError.OperationNotSupported);
        return new PeerCredentials(
            MemoryMarshal.Read<int>(credentials),
            MemoryMarshal.Read<uint>(credentials[4..]),
            MemoryMarshal.Read<uint>(credentials[8..]));
    }

    /// <summary>The other groups of whoever connected; none where the kernel does not tell (before 4.13).</summary>
    public static IReadOnlyCollection<uint> SupplementaryGroupsOf(Socket socket) =>
        TryReadGroups(socket, FewGroups) ?? TryReadGroups(socket, MostGroups) ?? [];

    private static uint[]? TryReadGroups(Socket socket, int count)
    {
        var bytes = new byte[count * sizeof(uint)];
        try
        {
            return MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, socket.GetRawSocketOption(SocketLevel, PeerGroups, bytes))).ToArray();
        }
        catch (SocketException)
        {
            // ERANGE: there are more; or the kernel has no such option.
            return null;
        }
    }
}
