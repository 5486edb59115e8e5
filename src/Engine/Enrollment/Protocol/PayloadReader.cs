using System.Buffers.Binary;

namespace WireGuard.Engine.Enrollment;

/// <summary>Reads entries one behind the other; <see cref="IsDamaged"/> tells afterwards whether the whole was well formed.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private const ushort Critical = 0x8000;

    private ReadOnlySpan<byte> _rest = payload;

    internal bool IsDamaged { get; private set; }

    internal PayloadType Type { get; private set; }

    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether who does not know the entry has to refuse the payload.</summary>
    internal readonly bool IsCritical => ((ushort)Type & Critical) != 0;

    internal bool MoveNext()
    {
        if (_rest.Length < sizeof(ushort) || (Type = (PayloadType)BinaryPrimitives.ReadUInt16LittleEndian(_rest)) == PayloadType.End)
        {
            IsDamaged |= _rest.ContainsAnyExcept((byte)0);
            return false;
        }

        if (_rest.Length < 4 || BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) is var length && length > _rest.Length - 4)
        {
            IsDamaged = true;
            return false;
        }

        Value = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return true;
    }
}
