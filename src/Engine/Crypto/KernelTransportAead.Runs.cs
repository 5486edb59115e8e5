using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Keystream in runs, where a kernel has them: combined with the text as it comes out, without a window in between. What is
/// no whole block of text has a place of its own.
/// </summary>
internal sealed unsafe partial class KernelTransportAead<TKernel>
{
    /// <summary>Blocks at the end of the last text for which a window is faster.</summary>
    private const int FewBlocks = 8;

    /// <summary>Whether the blocks from a place on are enough for a run.</summary>
    private static bool CanRun(ReadOnlySpan<AeadPacket> packets, Place place)
    {
        if (TKernel.RunBlocks == 0 || place.Packet == packets.Length)
            return false;
        var count = BlocksOf(packets[place.Packet]) - place.Block;
        return place.Packet + 1 < packets.Length
            ? count + BlocksOf(packets[place.Packet + 1]) >= TKernel.RunBlocks
            : count > FewBlocks;
    }

    /// <summary>Combines text from a place on, as long as runs do.</summary>
    /// <returns>The place behind.</returns>
    [SkipLocalsInit]
    private static Place CombineRuns(ReadOnlySpan<AeadPacket> packets, Place place, AeadScratch scratch, bool onlyAuthentic)
    {
        if (TKernel.RunBlocks == 0)
            return place;
        var texts = stackalloc byte*[TKernel.RunBlocks];
        while (true)
        {
            while (place.Packet < packets.Length && place.Block == BlocksOf(packets[place.Packet]))
                place = new(place.Packet + 1, 0);
            if (!CanRun(packets, place))
                return place;
            place = CombineRun(packets, place, scratch, texts, onlyAuthentic);
        }
    }

    private static Place CombineRun(ReadOnlySpan<AeadPacket> packets, Place place, AeadScratch scratch, byte** texts, bool onlyAuthentic)
    {
        ref readonly var packet = ref packets[place.Packet];
        var end = Math.Min(BlocksOf(packet), place.Block + TKernel.RunBlocks);
        var count = end - place.Block;
        var next = Math.Min(place.Packet + 1, packets.Length - 1);
        ref readonly var nextPacket = ref packets[next];
        // When the last text ends here, what is beyond it goes nowhere.
        var nextCount = next > place.Packet ? TKernel.RunBlocks - count : 0;
        var rest = (byte*)scratch.Window;
        var nextRest = rest + ChaCha20.BlockSize;
        var nowhere = nextRest + ChaCha20.BlockSize;
        PointAll(packet.Data + (place.Block * ChaCha20.BlockSize), count, nextPacket.Data, texts);
        Point(in packet, place.Block, count, texts, rest, nowhere, onlyAuthentic);
        Point(in nextPacket, 0, nextCount, texts + count, nextRest, nowhere, onlyAuthentic);
        for (var i = count + nextCount; i < TKernel.RunBlocks; i++)
            texts[i] = nowhere;
        TKernel.Run(StateOf(scratch, place.Packet), (uint)place.Block + 1, count, StateOf(scratch, next), 1, texts);
        CombineRest(in packet, end, rest, onlyAuthentic);
        if (nextCount == 0)
            return new(place.Packet, end);
        CombineRest(in nextPacket, nextCount, nextRest, onlyAuthentic);
        return new(next, nextCount);
    }

    /// <summary>Tells where all blocks would lie if they were whole ones: so many of one text, the rest of the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PointAll(byte* text, int count, byte* next, byte** texts)
    {
        var first = Vector512.Create((long)text);
        var second = Vector512.Create((long)next - (count * ChaCha20.BlockSize));
        for (var i = 0; i < TKernel.RunBlocks; i += Vector512<long>.Count)
        {
            var block = Vector512<long>.Indices + Vector512.Create((long)i);
            var start = Vector512.ConditionalSelect(Vector512.LessThan(block, Vector512.Create((long)count)), first, second);
            (start + (block * ChaCha20.BlockSize)).Store((long*)texts + i);
        }
    }

    /// <summary>Of a packet's blocks, the last is at <paramref name="rest"/> where it is no whole one; a forgery's are nowhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Point(in AeadPacket packet, int first, int count, byte** texts, byte* rest, byte* nowhere, bool onlyAuthentic)
    {
        if (onlyAuthentic && !packet.Authentic)
        {
            for (var i = 0; i < count; i++)
                texts[i] = nowhere;
        }
        else if ((packet.Length / ChaCha20.BlockSize) - first < count)
        {
            texts[count - 1] = rest;
            Unsafe.InitBlock(rest, 0, ChaCha20.BlockSize);
        }
    }

    /// <summary>Combines a packet's last block with the keystream put aside for it, if it is no whole one and among those before <paramref name="end"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CombineRest(in AeadPacket packet, int end, byte* rest, bool onlyAuthentic)
    {
        var done = (end - 1) * ChaCha20.BlockSize;
        if (packet.Length < done + ChaCha20.BlockSize && (!onlyAuthentic || packet.Authentic))
            TKernel.Xor(packet.Data + done, rest, packet.Length - done);
    }
}
