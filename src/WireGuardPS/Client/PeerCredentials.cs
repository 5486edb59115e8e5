using System.Net.Sockets;

namespace WireGuard.Client;

/// <summary>Who is at the other end of an AF_UNIX socket.</summary>
internal static partial class PeerCredentials
{
    /// <summary>The listening process's id in our own namespace of processes; 0 when the system does not tell.</summary>
    internal static int ProcessId(Socket socket) => OperatingSystem.IsLinux() ? LinuxProcessId(socket) : 0;

    /// <summary>False once the process has ended, be it waited for or not; false for 0.</summary>
    internal static bool IsRunning(int processId) => processId > 0 && OperatingSystem.IsLinux() && IsRunningLinux(processId);
}
