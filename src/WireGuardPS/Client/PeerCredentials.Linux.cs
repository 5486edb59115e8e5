using System.Buffers.Binary;
using System.Net.Sockets;

namespace WireGuard.Client;

internal static partial class PeerCredentials
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    // struct ucred { pid_t pid; uid_t uid; gid_t gid; }, unix(7).
    private static int LinuxProcessId(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        var length = socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        if (length < sizeof(int))
            return 0;
        return BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadInt32LittleEndian(credentials)
            : BinaryPrimitives.ReadInt32BigEndian(credentials);
    }

    // The state is the field after the last ')' of /proc/PID/stat, proc_pid_stat(5). A zombie has ended: only its
    // parent's wait is missing, which in a container may never come.
    private static bool IsRunningLinux(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var state = stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart();
            return state.Length > 0 && state[0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
