using System.Runtime.InteropServices;

namespace WireGuard.Tests.Hosting;

/// <summary>Access control lists of files, as setfacl(1) makes them.</summary>
internal static class AccessLists
{
    /// <summary>Null, or why there are none here.</summary>
    public static string? Missing { get; } = Find();

    /// <summary>The owner may write and user 1000 read, and who else what is said; in the attribute's form.</summary>
    public static byte[] ForUser1000(ushort group, ushort mask, ushort everybody)
    {
        var list = new List<byte>([2, 0, 0, 0]);
        foreach (var (tag, may, id) in new (ushort, ushort, uint)[] { (0x01, 6, uint.MaxValue), (0x02, 4, 1000), (0x04, group, uint.MaxValue), (0x10, mask, uint.MaxValue), (0x20, everybody, uint.MaxValue) })
            list.AddRange([.. BitConverter.GetBytes(tag), .. BitConverter.GetBytes(may), .. BitConverter.GetBytes(id)]);
        return [.. list];
    }

    public static void Set(string path, string attribute, byte[] list) => Assert.True(TrySet(path, attribute, list), $"{attribute} of {path} is set");

    private static string? Find()
    {
        var folder = Directory.CreateTempSubdirectory("wg-acl-");
        try
        {
            return OperatingSystem.IsLinux() && TrySet(folder.FullName, "system.posix_acl_default", ForUser1000(4, 4, 0)) ? null : "needs a file system with access control lists";
        }
        finally
        {
            folder.Delete();
        }
    }

    private static bool TrySet(string path, string attribute, byte[] list) => SetAttribute(path, attribute, list, list.Length, 0) == 0;

    [DllImport("libc", EntryPoint = "setxattr", CharSet = CharSet.Ansi)]
    private static extern int SetAttribute(string path, string name, byte[] value, nint size, int flags);
}

/// <summary>A test that needs a temporary folder with access control lists.</summary>
internal sealed class AccessListFactAttribute : FactAttribute
{
    public AccessListFactAttribute() => Skip = AccessLists.Missing;
}

/// <inheritdoc cref="AccessListFactAttribute"/>
internal sealed class AccessListTheoryAttribute : TheoryAttribute
{
    public AccessListTheoryAttribute() => Skip = AccessLists.Missing;
}
