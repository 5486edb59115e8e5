using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// BLAKE2s (RFC 7693): digests of 1 to 32 bytes, keys of up to 32. The digest length is part of the hash's parameters, so
/// a 16-byte digest is not a 32-byte digest cut short. Incremental use: <see cref="Init"/>, <see cref="Update"/> any
/// number of times, <see cref="Finish"/>. A value type that allocates nothing; one thread at a time.
/// </summary>
public partial struct Blake2s
{
    /// <summary>Largest digest in bytes.</summary>
    public const int MaxDigestSize = 32;

    /// <summary>Largest key in bytes.</summary>
    public const int MaxKeySize = 32;

    /// <summary>Bytes of one block of the compression function; the block size of HMAC.</summary>
    public const int BlockSize = 64;

    private ChainValue _chain;
    private Block _buffer;
    private ulong _compressed;
    private int _buffered;
    private int _digestLength;

    // SHA-256's initial values (RFC 7693, section 2.6). Vectors, because a span of uint constants is made anew at every
    // use, by allocating reflection, wherever the JIT does not optimise.
    private static Vector128<uint> InitialLow => Vector128.Create(0x6A09E667u, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A);

    private static Vector128<uint> InitialHigh => Vector128.Create(0x510E527Fu, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19);

    // Message word permutations, ten rounds of sixteen (RFC 7693, section 2.7).
    private static ReadOnlySpan<byte> Sigma =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    /// <summary>Hashes <paramref name="data"/>; the digest's length (1 to 32) is a parameter of the hash.</summary>
    public static void Hash(Span<byte> digest, ReadOnlySpan<byte> data) => Keyed(digest, default, data);

    /// <summary>The keyed hash (RFC 7693, section 2.9): a MAC by itself. An empty key gives the plain hash.</summary>
    public static void Keyed(Span<byte> digest, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        Unsafe.SkipInit(out Blake2s hash);
        hash.Init(digest.Length, key);
        hash.Update(data);
        hash.Finish(digest);
    }

    /// <summary>Starts over. What the value held before is of no matter.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The digest is not of 1 to 32 bytes, or the key longer than 32.</exception>
    public void Init(int digestLength, ReadOnlySpan<byte> key = default)
    {
        if (digestLength is < 1 or > MaxDigestSize)
            throw new ArgumentOutOfRangeException(nameof(digestLength), digestLength, "A BLAKE2s digest has 1 to 32 bytes.");
        if (key.Length > MaxKeySize)
            throw new ArgumentOutOfRangeException(nameof(key), key.Length, "A BLAKE2s key has at most 32 bytes.");
        WriteInitialValues(_chain);
        // Parameter block (RFC 7693, section 2.5): digest length, key length, fan-out 1, depth 1.
        _chain[0] ^= 0x0101_0000u | ((uint)key.Length << 8) | (uint)digestLength;
        _compressed = 0;
        _buffered = 0;
        _digestLength = digestLength;
        if (key.IsEmpty)
            return;
        Span<byte> buffer = _buffer;
        key.CopyTo(buffer);
        buffer[key.Length..].Clear();
        _buffered = BlockSize;
    }

    /// <summary>Adds data.</summary>
    public void Update(ReadOnlySpan<byte> data)
    {
        Span<byte> buffer = _buffer;
        // A full buffer waits until more comes: the last block is compressed with a mark of its own.
        while (data.Length > BlockSize - _buffered)
        {
            var part = data[..(BlockSize - _buffered)];
            part.CopyTo(buffer[_buffered..]);
            data = data[part.Length..];
            _compressed += BlockSize;
            Compress(ref _chain, buffer, _compressed, isLast: false);
            _buffered = 0;
        }

        data.CopyTo(buffer[_buffered..]);
        _buffered += data.Length;
    }

    /// <summary>Writes the digest and zeroes the state; <see cref="Init"/> must come before any further use.</summary>
    /// <exception cref="ArgumentException">The length is not the one <see cref="Init"/> was given.</exception>
    public void Finish(Span<byte> digest)
    {
        CheckLength.Is(_digestLength, digest);
        Span<byte> buffer = _buffer;
        buffer[_buffered..].Clear();
        Compress(ref _chain, buffer, _compressed + (ulong)_buffered, isLast: true);
        Span<uint> chain = _chain;
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(chain, chain);
        MemoryMarshal.AsBytes(chain)[..digest.Length].CopyTo(digest);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Blake2s>(ref this)));
    }

    private static void WriteInitialValues(Span<uint> words)
    {
        InitialLow.CopyTo(words);
        InitialHigh.CopyTo(words[4..]);
    }

    private static void Compress(ref ChainValue chain, ReadOnlySpan<byte> block, ulong counter, bool isLast)
    {
        if (Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian)
            CompressVector(chain, block, counter, isLast);
        else
            CompressScalar(chain, block, counter, isLast);
    }

    [InlineArray(8)]
    private struct ChainValue
    {
        private uint _first;
    }

    [InlineArray(BlockSize)]
    private struct Block
    {
        private byte _first;
    }
}
