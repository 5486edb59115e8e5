using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>ioctl(2) on TUN descriptors and by interface name.</summary>
internal static unsafe partial class Libc
{
    public const nuint TUNSETIFF = 0x400454CA;
    public const nuint TUNGETIFF = 0x800454D2;
    public const nuint TUNSETOFFLOAD = 0x400454D0;
    public const nuint TUNGETVNETHDRSZ = 0x800454D7;
    public const nuint TUNSETVNETHDRSZ = 0x400454D8;
    public const nuint TUNGETDEVNETNS = 0x54E3;
    public const nuint SIOCGIFMTU = 0x8921;
    public const nuint SIOCSIFMTU = 0x8922;

    public const short IFF_TUN = 0x0001;
    public const short IFF_MULTI_QUEUE = 0x0100;
    public const short IFF_NO_PI = 0x1000;
    public const short IFF_VNET_HDR = 0x4000;

    public const int TUN_F_CSUM = 0x01;
    public const int TUN_F_TSO4 = 0x02;
    public const int TUN_F_TSO6 = 0x04;
    public const int TUN_F_USO4 = 0x20;
    public const int TUN_F_USO6 = 0x40;

    /// <summary>TUNSETIFF must create the interface; one of that name fails with EBUSY.</summary>
    public const short IFF_TUN_EXCL = unchecked((short)0x8000);

    /// <summary>The longest interface name, in bytes.</summary>
    public const int MaxInterfaceName = 15;

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int descriptor, nuint request, InterfaceRequest* argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int descriptor, nuint request, int* argument);

    /// <summary>ioctl(2) that takes a number where others take an address.</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IoctlNumber(int descriptor, nuint request, nuint argument);

    /// <summary>0 when there is none in the calling thread's network namespace.</summary>
    [LibraryImport(Library, EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint InterfaceIndex(string name);
}

/// <summary>struct ifreq: a name and one value.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct InterfaceRequest
{
    [FieldOffset(0)]
    private NameBuffer _name;

    [FieldOffset(16)]
    public short Flags;

    [FieldOffset(16)]
    public int Value;

    public InterfaceRequest(string name) => Encoding.ASCII.GetBytes(name, ((Span<byte>)_name)[..Libc.MaxInterfaceName]);

    public readonly string Name
    {
        get
        {
            ReadOnlySpan<byte> bytes = _name;
            var end = bytes.IndexOf((byte)0);
            return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }

    [InlineArray(16)]
    private struct NameBuffer
    {
        private byte _first;
    }
}
