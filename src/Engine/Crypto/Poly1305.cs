using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Poly1305 (RFC 8439, section 2.5) over texts that are padded to 16 bytes, as the AEAD pads them (section 2.8). The
/// accumulator is two 64-bit words and a few bits; a block costs one multiplication by r modulo 2^130 - 5. Vector forms
/// take over for long texts and hand the accumulator back through <see cref="SetAccumulator"/>. Constant time: branches
/// depend on lengths only.
/// </summary>
internal unsafe struct Poly1305
{
    internal const int BlockSize = 16;

    internal const int TagSize = 16;

    internal const int KeySize = 32;

    private ulong _r0;
    private ulong _r1;
    private ulong _h0;
    private ulong _h1;
    private ulong _h2;
    private ulong _pad0;
    private ulong _pad1;

    /// <summary>Reads the one-time key: r, clamped, and what is added at the end. Accumulator zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Start(byte* key)
    {
        _r0 = LittleEndian.ReadUInt64(key) & 0x0FFF_FFFC_0FFF_FFFF;
        _r1 = LittleEndian.ReadUInt64(key + 8) & 0x0FFF_FFFC_0FFF_FFFC;
        _pad0 = LittleEndian.ReadUInt64(key + 16);
        _pad1 = LittleEndian.ReadUInt64(key + 24);
        _h0 = _h1 = _h2 = 0;
    }

    /// <summary>Absorbs whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal void Absorb(byte* data, int blocks)
    {
        ulong h0 = _h0, h1 = _h1, h2 = _h2, r0 = _r0, r1 = _r1;
        for (var end = data + (blocks * (long)BlockSize); data < end; data += BlockSize)
        {
            AddBlock(ref h0, ref h1, ref h2, LittleEndian.ReadUInt64(data), LittleEndian.ReadUInt64(data + 8));
            Multiply(ref h0, ref h1, ref h2, r0, r1);
        }

        (_h0, _h1, _h2) = (h0, h1, h2);
    }

    /// <summary>Absorbs a text of any length, the last block filled up with zeros.</summary>
    [SkipLocalsInit]
    internal void AbsorbPadded(byte* data, int length)
    {
        var blocks = length / BlockSize;
        Absorb(data, blocks);
        var rest = length % BlockSize;
        if (rest == 0)
            return;
        var last = stackalloc byte[BlockSize];
        LittleEndian.WriteUInt64(last, 0);
        LittleEndian.WriteUInt64(last + 8, 0);
        Unsafe.CopyBlockUnaligned(last, data + (length - rest), (uint)rest);
        Absorb(last, 1);
    }

    /// <summary>Absorbs the AEAD's last block, the two lengths, and writes the tag. The value is zero afterwards.</summary>
    internal void Finish(ulong associatedDataLength, ulong textLength, byte* tag)
    {
        AddBlock(ref _h0, ref _h1, ref _h2, associatedDataLength, textLength);
        Multiply(ref _h0, ref _h1, ref _h2, _r0, _r1);

        // The accumulator is below 2p here. It is p or more exactly if adding 5 reaches 2^130.
        ulong carry;
        var g0 = _h0 + 5;
        carry = g0 < 5 ? 1UL : 0;
        var g1 = _h1 + carry;
        carry = g1 < carry ? 1UL : 0;
        var isReduced = 0UL - ((_h2 + carry) >> 2);
        var t0 = _h0 ^ (isReduced & (_h0 ^ g0));
        var t1 = _h1 ^ (isReduced & (_h1 ^ g1));

        t0 += _pad0;
        t1 += _pad1 + (t0 < _pad0 ? 1UL : 0);
        LittleEndian.WriteUInt64(tag, t0);
        LittleEndian.WriteUInt64(tag + 8, t1);
        this = default;
    }

    /// <summary>
    /// Writes r^1 to r^count, as words 0, 1 and the bits above: power k's go to index order[k-1] of each array.
    /// Below 2^130 + 2^128 each, not fully reduced.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void WritePowers(ReadOnlySpan<byte> order, ulong* word0, ulong* word1, ulong* word2)
    {
        ulong h0 = _r0, h1 = _r1, h2 = 0;
        for (var i = 0; ; i++)
        {
            var place = order[i];
            word0[place] = h0;
            word1[place] = h1;
            word2[place] = h2;
            if (i == order.Length - 1)
                return;
            Multiply(ref h0, ref h1, ref h2, _r0, _r1);
        }
    }

    /// <summary>Takes over an accumulator from five limbs of 26 bits, each below 2^62 and not yet carried.</summary>
    internal void SetAccumulator(ulong d0, ulong d1, ulong d2, ulong d3, ulong d4)
    {
        const ulong Mask = (1 << 26) - 1;
        // Twice round: the first pass leaves limb 1 a little too large, the second settles all but limb 4.
        for (var pass = 0; pass < 2; pass++)
        {
            d1 += d0 >> 26;
            d2 += d1 >> 26;
            d3 += d2 >> 26;
            d4 += d3 >> 26;
            d1 &= Mask;
            d2 &= Mask;
            d3 &= Mask;
            d0 = (d0 & Mask) + (5 * (d4 >> 26));
            d4 &= Mask;
        }

        d1 += d0 >> 26;
        d0 &= Mask;
        d2 += d1 >> 26;
        d1 &= Mask;
        d3 += d2 >> 26;
        d2 &= Mask;
        d4 += d3 >> 26;
        d3 &= Mask;
        _h0 = d0 | (d1 << 26) | (d2 << 52);
        _h1 = (d2 >> 12) | (d3 << 14) | (d4 << 40);
        _h2 = d4 >> 24;
    }

    /// <summary>h += block + 2^128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBlock(ref ulong h0, ref ulong h1, ref ulong h2, ulong word0, ulong word1)
    {
        h0 += word0;
        var carry = h0 < word0 ? 1UL : 0;
        // Two steps, because word1 + carry may overflow by itself.
        h1 += carry;
        var top = h1 < carry ? 1UL : 0;
        h1 += word1;
        top += h1 < word1 ? 1UL : 0;
        h2 += top + 1;
    }

    /// <summary>
    /// h = h r mod 2^130 - 5, partially reduced (h2 at most 4). Clamping makes r1 a multiple of 4, so what would land at
    /// 2^128 comes back as 5/4 r1, and leaves products room for plain carries.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(ref ulong h0, ref ulong h1, ref ulong h2, ulong r0, ulong r1)
    {
        var s1 = r1 + (r1 >> 2);
        var lowHigh = Math.BigMul(h0, r0, out var low);
        var wrappedHigh = Math.BigMul(h1, s1, out var wrapped);
        var middleHigh = Math.BigMul(h0, r1, out var middle);
        var crossHigh = Math.BigMul(h1, r0, out var cross);

        low += wrapped;
        lowHigh += wrappedHigh + (low < wrapped ? 1UL : 0);
        middle += cross;
        middleHigh += crossHigh + (middle < cross ? 1UL : 0);
        var topWrapped = h2 * s1;
        middle += topWrapped;
        middleHigh += middle < topWrapped ? 1UL : 0;
        middle += lowHigh;
        middleHigh += middle < lowHigh ? 1UL : 0;
        var top = (h2 * r0) + middleHigh;

        // Bits from 2^130 on come back times 5: (top >> 2) * 4 + (top >> 2).
        var folded = (top & ~3UL) + (top >> 2);
        h0 = low + folded;
        var carry = h0 < folded ? 1UL : 0;
        h1 = middle + carry;
        h2 = (top & 3) + (h1 < carry ? 1UL : 0);
    }
}
