using System.Globalization;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Groups of users, by name: whatever the host's name service has, files or a directory server.</summary>
internal static unsafe partial class UserGroup
{
    private const int OutOfRange = 34; // ERANGE
    private const int LargestBuffer = 1 << 20;

    /// <summary>The number of a group that is called so or, failing that, has the number; null: there is none.</summary>
    internal static uint? Find(string nameOrNumber)
    {
        for (var size = 4096; size <= LargestBuffer; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* memory = buffer)
            {
                Group group;
                Group* found;
                if (GetByName(nameOrNumber, &group, memory, (nuint)size, &found) == OutOfRange)
                    continue;
                if (found != null)
                    return group.Id;
            }

            break;
        }

        // -1 stands for no group.
        return uint.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue ? number : null;
    }

    /// <summary>struct group of grp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Group
    {
        internal byte* Name;
        internal byte* Password;
        internal uint Id;
        internal byte** Members;
    }

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetByName(string name, Group* group, byte* buffer, nuint length, Group** result);
}
