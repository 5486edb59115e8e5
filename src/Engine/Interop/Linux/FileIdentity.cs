using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Device and inode of an open file, the device encoded as glibc's dev_t (makedev(3)).</summary>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    private const int AtEmptyPath = 0x1000;
    private const uint StatxInode = 0x100;

    /// <summary>False when the descriptor is not open or the kernel lacks statx(2) (before 4.11).</summary>
    internal static unsafe bool TryGet(int fileDescriptor, out FileIdentity identity)
    {
        // statx, not fstat: its layout is the same on every architecture.
        StatxBuffer buffer = default;
        byte emptyPath = 0;
        var good = Statx(fileDescriptor, &emptyPath, AtEmptyPath, StatxInode, &buffer) == 0;
        identity = good ? new(MakeDevice(buffer.DeviceMajor, buffer.DeviceMinor), buffer.Inode) : default;
        return good;
    }

    private static ulong MakeDevice(ulong major, ulong minor) =>
        ((major & 0xFFFFF000) << 32) | ((major & 0xFFF) << 8) | ((minor & 0xFFFFFF00) << 12) | (minor & 0xFF);

    [LibraryImport("libc", EntryPoint = "statx")]
    private static unsafe partial int Statx(int directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    // linux/stat.h, struct statx.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;
    }
}
