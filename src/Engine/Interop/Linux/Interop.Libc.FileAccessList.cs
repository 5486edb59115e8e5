using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// A file's access control list (acl(5)): who may besides its owner, its group and everybody. While there is one, the group's bits of the
/// mode are the most that anybody in it may.
/// </summary>
internal static unsafe partial class FileAccessList
{
    private const string Attribute = "system.posix_acl_access";
    private const int NoData = 61; // ENODATA
    private const int NotSupported = 95; // EOPNOTSUPP

    // The attribute has at most 64 KiB.
    private const int MaxLength = 1 << 16;

    // struct posix_acl_xattr_header and _entry of linux/posix_acl_xattr.h, little-endian everywhere.
    private const int HeaderLength = 4;
    private const int EntryLength = 8;
    private const int PermissionsAt = 2;
    private const ushort Everybody = 0x20;

    /// <summary>Null: it has none, or its file system knows none.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    internal static byte[]? Read(string path)
    {
        var list = new byte[MaxLength];
        fixed (byte* value = list)
        {
            var length = Get(path, Attribute, value, (nuint)list.Length);
            if (length >= 0)
                return list[..(int)length];
        }

        return Marshal.GetLastPInvokeError() is NoData or NotSupported ? null : throw Failed($"reading the access control list of {path}");
    }

    /// <summary>The same, but that nothing is left for everybody.</summary>
    internal static byte[] WithoutEverybody(byte[] list)
    {
        byte[] left = [.. list];
        for (var at = HeaderLength; at + EntryLength <= left.Length; at += EntryLength)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(left.AsSpan(at)) == Everybody)
                BinaryPrimitives.WriteUInt16LittleEndian(left.AsSpan(at + PermissionsAt), 0);
        }

        return left;
    }

    /// <param name="list">Null: none, not the one either that a new file has from its folder.</param>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void Set(SafeHandle file, byte[]? list)
    {
        if (list is null)
        {
            if (Remove(file, Attribute) != 0 && Marshal.GetLastPInvokeError() is not (NoData or NotSupported))
                throw Failed("taking the access control list of its folder away");
            return;
        }

        fixed (byte* value = list)
        {
            if (Set(file, Attribute, value, (nuint)list.Length, 0) != 0)
                throw Failed("giving it the access control list that it had");
        }
    }

    private static IOException Failed(string step) => new($"{step} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Get(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(SafeHandle file, string name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fremovexattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Remove(SafeHandle file, string name);
}
