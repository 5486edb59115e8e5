using System.Buffers.Binary;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// The file of the state: a header of 16 bytes, then records, each with its length and place checked before the body and
/// all of it after. A record that ends with the file before it is whole was being written when the process ended, and nobody had
/// been told of it; anything else that does not check is damage.
/// </summary>
internal static class StateFormat
{
    internal const int HeaderSize = 16;
    internal const int MaxBody = 1 << 20;

    private const int LengthSize = sizeof(uint);
    private const int LengthCheckSize = 8;
    private const int PrefixSize = LengthSize + LengthCheckSize;
    private const int CheckSize = 16;

    internal static ReadOnlySpan<byte> Header => "wg-enrollment 1\n"u8;

    /// <param name="place">How many records stand before it in the file.</param>
    internal static void WriteRecord(StateBuffer file, ReadOnlySpan<byte> body, long place)
    {
        var prefix = file.Reserve(PrefixSize);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, (uint)body.Length);
        Check(prefix[LengthSize..], place, prefix[..LengthSize]);
        file.Add(body);
        Check(file.Reserve(CheckSize), place, body);
    }

    /// <summary>Hands each body to <paramref name="take"/>, in order.</summary>
    /// <returns>Where the whole records end, and how many they are.</returns>
    /// <exception cref="InvalidDataException">The file is damaged; the message tells where.</exception>
    internal static (long End, long Records) Read(ReadOnlySpan<byte> file, Action<ReadOnlySpan<byte>> take)
    {
        if (file.Length < HeaderSize || !file[..HeaderSize].SequenceEqual(Header))
            throw new InvalidDataException("it does not begin as such a file of this version does");
        var at = HeaderSize;
        for (var place = 0L; ; place++)
        {
            var rest = file[at..];
            // Where the system lengthened the file and the machine stopped before the bytes came, they are zero.
            if (rest.Length < PrefixSize || !rest.ContainsAnyExcept((byte)0))
                return (at, place);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (!IsChecked(rest.Slice(LengthSize, LengthCheckSize), place, rest[..LengthSize]) || length is 0 or > MaxBody)
                throw new InvalidDataException($"record {place + 1}, at byte {at}, has a damaged length");
            var size = PrefixSize + (int)length + CheckSize;
            if (rest.Length < size)
                return (at, place);
            var body = rest.Slice(PrefixSize, (int)length);
            if (!IsChecked(rest[(size - CheckSize)..size], place, body))
                throw new InvalidDataException($"record {place + 1}, at byte {at}, is damaged");
            take(body);
            at += size;
        }
    }

    private static bool IsChecked(ReadOnlySpan<byte> check, long place, ReadOnlySpan<byte> bytes)
    {
        Span<byte> expected = stackalloc byte[check.Length];
        Check(expected, place, bytes);
        return expected.SequenceEqual(check);
    }

    private static void Check(Span<byte> check, long place, ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, place);
        var hash = default(Blake2s);
        hash.Init(check.Length);
        hash.Update(number);
        hash.Update(bytes);
        hash.Finish(check);
    }
}
