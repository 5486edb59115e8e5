namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Strings one behind the other, the length of each before it in LEB128 (draft-irtf-cfrg-cpace, "lv_cat"), so that what is
/// hashed can be read in one way only. Writes into the caller's buffer, which the caller zeroes.
/// </summary>
internal ref struct LengthValueWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    internal readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    internal void Add(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    internal void AddZeros(int count) => Reserve(count).Clear();

    /// <summary>Bytes that a string of this length takes with its length before it.</summary>
    internal static int SizeOf(int length)
    {
        var size = 1 + length;
        for (; length > 0x7F; length >>= 7)
            size++;
        return size;
    }

    private Span<byte> Reserve(int length)
    {
        var left = length;
        for (; left > 0x7F; left >>= 7)
            _buffer[_length++] = (byte)((left & 0x7F) | 0x80);
        _buffer[_length++] = (byte)left;
        var place = _buffer.Slice(_length, length);
        _length += length;
        return place;
    }
}
