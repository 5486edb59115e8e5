using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>What a process does to itself: session, standard descriptors, file mode mask, core dumps, user.</summary>
internal static partial class ProcessCalls
{
    /// <summary>077: files for their owner alone.</summary>
    public const uint OwnerOnlyMask = 0b000_111_111;

    public const int SIGTERM = 15;
    public const int SIGKILL = 9;

    private const string Library = "libc";
    private const int O_RDWR = 2;
    private const int PR_SET_DUMPABLE = 4;
    private const int F_SETFD = 2;
    private const uint CLOSE_RANGE_CLOEXEC = 4;

    // The C library has had a function for it since 2.34 only. The number is the same on x86-64 and arm64.
    private const long CloseRangeNumber = 436;

    /// <summary>The new session's id, or -1: the process leads a group already (EPERM).</summary>
    [LibraryImport(Library, EntryPoint = "setsid", SetLastError = true)]
    public static partial int StartSession();

    [LibraryImport(Library, EntryPoint = "umask")]
    public static partial uint SetFileModeMask(uint mask);

    /// <summary>0, or -1 with errno.</summary>
    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int SendSignal(int process, int signal);

    /// <summary>No core dump, no ptrace by the same user, /proc/PID owned by root (PR_SET_DUMPABLE 0): keys stay in here.</summary>
    public static void ForbidCoreDumps() => ProcessControl(PR_SET_DUMPABLE, 0, 0, 0, 0);

    /// <summary>
    /// No program that is started from here on inherits a descriptor beyond the standard three, this process's or what it was
    /// started with. Without effect on kernels before 5.11.
    /// </summary>
    /// <param name="kept">Those that are to be inherited nevertheless.</param>
    public static void CloseOthersOnExec(params ReadOnlySpan<int> kept)
    {
        _ = CloseRange(CloseRangeNumber, 3, uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        foreach (var descriptor in kept)
            _ = Control(descriptor, F_SETFD, 0);
    }

    /// <summary>Standard input, output and error become /dev/null, whatever they were.</summary>
    public static void DropStandardStreams()
    {
        var nothing = Open("/dev/null", O_RDWR);
        if (nothing < 0)
            return;
        for (var descriptor = 0; descriptor <= 2; descriptor++)
            Duplicate(nothing, descriptor);
        if (nothing > 2)
            Close(nothing);
    }

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long CloseRange(long number, uint first, uint last, uint flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
