using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Terminals: termios(3).</summary>
internal static unsafe partial class Libc
{
    public const uint ECHO = 0x08;

    /// <summary>After what was written is out; what was typed and not read is dropped.</summary>
    public const int TCSAFLUSH = 2;

    private const int F_GETFD = 1;

    [LibraryImport(Library, EntryPoint = "isatty")]
    public static partial int IsTerminal(int descriptor);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    public static partial int GetTerminalModes(int descriptor, TerminalModes* modes);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    public static partial int SetTerminalModes(int descriptor, int when, TerminalModes* modes);

    /// <summary>Whether whoever started this process gave it this descriptor: what it opened itself since is close-on-exec.</summary>
    public static bool IsInherited(int descriptor) => Fcntl(descriptor, F_GETFD, 0) is >= 0 and var flags && (flags & FD_CLOEXEC) == 0;
}

/// <summary>struct termios; after the first four members whatever the C library has there.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TerminalModes
{
    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public OtherModes Others;

    [InlineArray(64)]
    internal struct OtherModes
    {
        private byte _first;
    }
}
