using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Offload;

/// <summary>Checksums that the kernel left to be completed: the field holds the sum of the pseudo header.</summary>
internal static unsafe class PartialChecksum
{
    /// <summary>Completes the checksum of a packet that is not cut; false when the header points outside it.</summary>
    public static bool TryComplete(byte* packet, int length, in VirtioHeader header)
    {
        int start = header.ChecksumStart;
        var field = start + header.ChecksumOffset;
        if (field + sizeof(ushort) > length)
            return false;
        Write(packet + field, OnesComplement.Sum(packet + start, length - start));
        return true;
    }

    /// <summary>A checksum of 0 would mean "none" in UDP; the same sum can be written as all ones.</summary>
    public static void Write(byte* field, ulong sum)
    {
        var checksum = (ushort)~OnesComplement.Fold(sum);
        Unsafe.WriteUnaligned(field, checksum == 0 ? ushort.MaxValue : checksum);
    }
}
