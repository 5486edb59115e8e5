using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// What statx(2) tells of a path itself, symbolic links not followed. statx and not lstat: its structure is the same on
/// every architecture.
/// </summary>
internal readonly partial record struct FileStatus(uint Mode, uint Owner, uint Group, ulong Inode, ulong Device)
{
    private const int NoEntry = 2;
    private const int NotDirectory = 20;
    private const int CurrentDirectory = -100;
    private const int DoNotFollowLinks = 0x100;
    private const uint BasicFields = 0x7FF;

    private const uint TypeMask = 0xF000;
    private const uint Socket = 0xC000;
    private const uint SymbolicLink = 0xA000;
    private const uint Directory = 0x4000;
    private const uint Sticky = 0x200; // S_ISVTX
    private const uint WritableByOthers = 0x12; // S_IWGRP | S_IWOTH

    internal bool IsSocket => (Mode & TypeMask) == Socket;

    internal bool IsSymbolicLink => (Mode & TypeMask) == SymbolicLink;

    internal bool IsDirectory => (Mode & TypeMask) == Directory;

    /// <summary>In such a directory only an entry's owner, or the directory's, may rename or delete it.</summary>
    internal bool IsSticky => (Mode & Sticky) != 0;

    internal bool IsWritableByGroupOrOthers => (Mode & WritableByOthers) != 0;

    /// <summary>Device and inode equal: two names of one file.</summary>
    internal bool IsSameFile(FileStatus other) => Inode == other.Inode && Device == other.Device;

    /// <summary>False when nothing has that name.</summary>
    /// <exception cref="IOException">It cannot be told, as without permission on a directory above.</exception>
    internal static bool TryRead(string path, out FileStatus status)
    {
        status = default;
        if (StatX(CurrentDirectory, path, DoNotFollowLinks, BasicFields, out var raw) == 0)
        {
            status = new FileStatus(raw.Mode, raw.Owner, raw.Group, raw.Inode, (ulong)raw.DeviceMajor << 32 | raw.DeviceMinor);
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error is NoEntry or NotDirectory)
            return false;
        throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out RawStatus status);

    /// <summary>struct statx of linux/stat.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct RawStatus
    {
        [FieldOffset(20)]
        internal uint Owner;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;
    }
}
