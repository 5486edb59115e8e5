using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Waiting and waking.</summary>
internal static unsafe partial class Libc
{
    public const short POLLIN = 0x01;
    public const short POLLERR = 0x08;
    public const short POLLHUP = 0x10;
    public const short POLLNVAL = 0x20;

    private const int EFD_NONBLOCK = O_NONBLOCK;
    private const int EFD_CLOEXEC = O_CLOEXEC;

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>A non-blocking eventfd(2) at 0.</summary>
    /// <exception cref="LinuxException"/>
    public static int CreateEvent()
    {
        var descriptor = EventDescriptor(0, EFD_NONBLOCK | EFD_CLOEXEC);
        return descriptor >= 0 ? descriptor : throw LinuxException.FromLastError("eventfd");
    }

    /// <summary>Makes an eventfd readable.</summary>
    public static void SignalEvent(int descriptor)
    {
        ulong one = 1;
        while (Write(descriptor, &one, sizeof(ulong)) < 0 && LastError == Errno.EINTR)
        {
        }
    }

    /// <summary>Takes an eventfd back to 0.</summary>
    public static void DrainEvent(int descriptor)
    {
        ulong count;
        while (Read(descriptor, &count, sizeof(ulong)) < 0 && LastError == Errno.EINTR)
        {
        }
    }

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventDescriptor(uint initialValue, int flags);
}

/// <summary>struct pollfd; a negative descriptor is passed over.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int Descriptor;
    public short Events;
    public short Returned;
}
