using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Offload;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

public sealed unsafe partial class LinuxTunQueue
{
    /// <summary>Slots that 64 KiB of segments of ordinary size take: with fewer left, the next read is the next batch's.</summary>
    private const int SlotsOfSuperPacket = 48;

    private SuperPacket _super;

    /// <summary>The headers of the super-packet, then room for what of it did not fit into a batch.</summary>
    private byte* _superMemory;

    public int Read(PacketBatch batch)
    {
        batch.Count = 0;
        var knownEmpty = IsKnownEmpty;
        IsKnownEmpty = false;
        if ((knownEmpty && _super.IsDone) || !_gate.TryEnter())
            return 0;
        try
        {
            Cut(batch);
            var reserve = _features.Tcp ? Math.Min(SlotsOfSuperPacket, batch.Capacity) : 1;
            while (_super.IsDone && batch.Capacity - batch.Count >= reserve && ReadOne(batch))
            {
            }
            return batch.Count;
        }
        finally
        {
            _gate.Leave();
        }
    }

    private bool ReadOne(PacketBatch batch)
    {
        var data = batch.ReadPosition(batch.Count);
        nint length;
        do
            length = Libc.Read(_descriptor, data - _features.HeaderSize, (nuint)(PacketBatch.MaxPacket + _features.HeaderSize));
        while (length < 0 && Libc.LastError == Errno.EINTR);
        length -= _features.HeaderSize;
        if (length <= 0)
            return false;
        if (_features.HeaderSize == 0)
            Add(batch, data, (int)length);
        else
            Sort(batch, data, (int)length, Unsafe.ReadUnaligned<VirtioHeader>(data - _features.HeaderSize));
        return true;
    }

    /// <summary>What is malformed is dropped; the kernel makes no such packet.</summary>
    private void Sort(PacketBatch batch, byte* data, int length, VirtioHeader header)
    {
        if (header.Type != VirtioHeader.NoSegments)
        {
            if (_superMemory is null)
                _superMemory = (byte*)NativeMemory.Alloc(SuperPacket.MaxHeaders + PacketBatch.MaxPacket);
            if (SuperPacket.TryBegin(data, length, in header, _superMemory, out _super))
                Cut(batch);
        }
        else if ((header.Flags & VirtioHeader.NeedsChecksum) == 0 || PartialChecksum.TryComplete(data, length, in header))
        {
            Add(batch, data, length);
        }
    }

    /// <summary>Cuts what is left of a super-packet into the batch; what does not fit is put aside, out of the batch's memory.</summary>
    private void Cut(PacketBatch batch)
    {
        while (!_super.IsDone && batch.Count < batch.Capacity)
        {
            var destination = batch.ReadPosition(batch.Count);
            Add(batch, destination, _super.WriteNext(destination));
        }
        if (_super.IsDone)
            return;
        var aside = _superMemory + SuperPacket.MaxHeaders;
        _super.Rest.CopyTo(new Span<byte>(aside, PacketBatch.MaxPacket));
        _super.MoveRest(aside);
    }

    private static void Add(PacketBatch batch, byte* data, int length)
    {
        ref var slot = ref batch[batch.Count++];
        slot.Data = data;
        slot.Length = length;
    }
}
