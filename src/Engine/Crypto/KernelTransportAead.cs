using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439, section 2.8) over vector kernels, eight packets at a time. Their keystream is one
/// sequence: first each packet's block 0, the one-time key of Poly1305, then the blocks of text after text. It is made in
/// windows that keep the vectors full whatever the lengths, keys and nonces; a window may end in the midst of a packet.
/// Nothing outside text and tag is touched.
/// </summary>
internal sealed unsafe partial class KernelTransportAead<TKernel> : TransportAead
    where TKernel : struct, IAeadKernel
{
    public override string Name => TKernel.Name;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Seal(Span<AeadPacket> packets)
    {
        if (IsAlone(packets))
            SealAlone(ref packets[0]);
        else
            SealBatches(packets);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SealBatches(Span<AeadPacket> packets)
    {
        var memory = stackalloc byte[AeadScratch.Bytes];
        var scratch = new AeadScratch(memory);
        while (!packets.IsEmpty)
        {
            var batch = packets[..Math.Min(packets.Length, IAeadKernel.BatchPackets)];
            packets = packets[batch.Length..];

            var made = StartKeystream(batch, scratch);
            Combine(batch, made, scratch, onlyAuthentic: false);
            TKernel.Tags(batch, scratch.Keys, scratch.Tags);
            for (var i = 0; i < batch.Length; i++)
                Unsafe.CopyBlockUnaligned(batch[i].Data + batch[i].Length, scratch.Tags + (i * TagSize), TagSize);
        }

        scratch.Wipe();
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Open(Span<AeadPacket> packets)
    {
        if (IsAlone(packets))
            OpenAlone(ref packets[0]);
        else
            OpenBatches(packets);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OpenBatches(Span<AeadPacket> packets)
    {
        var memory = stackalloc byte[AeadScratch.Bytes];
        var scratch = new AeadScratch(memory);
        while (!packets.IsEmpty)
        {
            var batch = packets[..Math.Min(packets.Length, IAeadKernel.BatchPackets)];
            packets = packets[batch.Length..];

            var made = StartKeystream(batch, scratch);
            TKernel.Tags(batch, scratch.Keys, scratch.Tags);
            for (var i = 0; i < batch.Length; i++)
                batch[i].Authentic = IsSameTag(scratch.Tags + (i * TagSize), batch[i].Data + batch[i].Length);
            Combine(batch, made, scratch, onlyAuthentic: true);
        }

        scratch.Wipe();
    }

    /// <summary>Makes the first window and puts the one-time keys aside.</summary>
    /// <returns>Blocks of text's keystream in the window, behind a key block each packet.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int StartKeystream(ReadOnlySpan<AeadPacket> packets, AeadScratch scratch)
    {
        for (var i = 0; i < packets.Length; i++)
        {
            var state = StateOf(scratch, i);
            ChaCha20.Start(state, packets[i].Key, packets[i].Counter);
            TKernel.Spread(state, 0, scratch.Window + (i * ChaCha20.StateWords), 1);
        }

        // Where a run takes the text, it would be in vain here.
        var made = CanRun(packets, default) ? 0 : Plan(packets, default, scratch, packets.Length);
        TKernel.Blocks(scratch.Window, packets.Length + made);
        for (var i = 0; i < packets.Length; i++)
            Unsafe.CopyBlockUnaligned(scratch.Keys + (i * Poly1305.KeySize), scratch.Window + (i * ChaCha20.StateWords), Poly1305.KeySize);
        return made;
    }

    /// <summary>Combines all texts with their keystream: with what the first window has of it, then run after run and window after window.</summary>
    /// <param name="onlyAuthentic">Leaves forgeries as they came.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Combine(ReadOnlySpan<AeadPacket> packets, int made, AeadScratch scratch, bool onlyAuthentic)
    {
        var place = default(Place);
        var keystream = scratch.Window + (packets.Length * ChaCha20.StateWords);
        while (true)
        {
            if (made > 0)
                place = CombineWindow(packets, place, (byte*)keystream, made, onlyAuthentic);
            place = CombineRuns(packets, place, scratch, onlyAuthentic);
            made = Plan(packets, place, scratch, 0);
            if (made == 0)
                return;
            TKernel.Blocks(scratch.Window, made);
            keystream = scratch.Window;
        }
    }

    /// <summary>Fills the window, behind blocks that are in it already, with states for the text from a place on.</summary>
    /// <returns>Number of states; 0 at the end of the last text.</returns>
    private static int Plan(ReadOnlySpan<AeadPacket> packets, Place place, AeadScratch scratch, int filled)
    {
        var first = filled;
        for (; place.Packet < packets.Length; place = new(place.Packet + 1, 0))
        {
            var count = Math.Min(BlocksOf(packets[place.Packet]) - place.Block, IAeadKernel.KeystreamBlocks - filled);
            if (count == 0)
                continue;
            // Block 0 is the key's.
            TKernel.Spread(
                StateOf(scratch, place.Packet), (uint)place.Block + 1,
                scratch.Window + (filled * ChaCha20.StateWords), count);
            filled += count;
        }

        return filled - first;
    }

    /// <summary>Combines text from a place on with blocks of keystream that were planned from there.</summary>
    /// <returns>The place behind.</returns>
    private static Place CombineWindow(
        ReadOnlySpan<AeadPacket> packets, Place place, byte* keystream, int blocks, bool onlyAuthentic)
    {
        while (true)
        {
            ref readonly var packet = ref packets[place.Packet];
            var count = Math.Min(BlocksOf(packet) - place.Block, blocks);
            if (!onlyAuthentic || packet.Authentic)
            {
                var done = place.Block * ChaCha20.BlockSize;
                TKernel.Xor(packet.Data + done, keystream, Math.Min(packet.Length - done, count * ChaCha20.BlockSize));
            }

            keystream += count * ChaCha20.BlockSize;
            blocks -= count;
            if (blocks == 0)
                return new(place.Packet, place.Block + count);
            place = new(place.Packet + 1, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint* StateOf(AeadScratch scratch, int packet) => scratch.States + (packet * ChaCha20.StateWords);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BlocksOf(in AeadPacket packet) => (int)(((uint)packet.Length + ChaCha20.BlockSize - 1) / ChaCha20.BlockSize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSameTag(byte* left, byte* right) =>
        ((LittleEndian.ReadUInt64(left) ^ LittleEndian.ReadUInt64(right))
        | (LittleEndian.ReadUInt64(left + 8) ^ LittleEndian.ReadUInt64(right + 8))) == 0;

    /// <summary>A block of a packet's text, within the batch.</summary>
    private readonly record struct Place(int Packet, int Block);
}
