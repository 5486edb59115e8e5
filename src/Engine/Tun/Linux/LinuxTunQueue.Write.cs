using System.Runtime.CompilerServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Offload;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

public sealed unsafe partial class LinuxTunQueue
{
    private readonly PacketJoiner _joiner;

    /// <summary>The first packet with its header, then the payloads of those that joined it.</summary>
    private readonly IoVector[] _joined = GC.AllocateArray<IoVector>(PacketJoiner.MaxPackets, pinned: true);

    public int Write(PacketBatch batch)
    {
        if (!_gate.TryEnter())
            return 0;
        try
        {
            return _features.Tcp ? WriteJoined(batch) : WriteEach(batch);
        }
        finally
        {
            _gate.Leave();
        }
    }

    private int WriteEach(PacketBatch batch)
    {
        var taken = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch[i];
            if (slot.Length > 0)
                taken += WriteOne(slot.Data, slot.Length);
        }
        return taken;
    }

    private int WriteJoined(PacketBatch batch)
    {
        var taken = 0;
        _joiner.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch[i];
            if (slot.Length <= 0)
                continue;
            if (_joiner.Count > 0 && _joiner.TryJoin(slot.Data, slot.Length))
            {
                SetVector(_joiner.Count - 1, slot.Data + _joiner.HeaderLength, slot.Length - _joiner.HeaderLength);
                continue;
            }
            taken += WriteGroup();
            _joiner.Begin(slot.Data, slot.Length);
            SetVector(0, slot.Data, slot.Length);
        }
        return taken + WriteGroup();
    }

    private int WriteGroup()
    {
        var count = _joiner.Count;
        if (count == 0)
            return 0;
        var first = (byte*)_joined[0].Base;
        var length = (int)_joined[0].Length;
        if (count == 1)
            return WriteOne(first, length);
        PutHeader(first, _joiner.Finish());
        SetVector(0, first - _features.HeaderSize, length + _features.HeaderSize);
        nint written;
        do
            written = Libc.WriteVectors(_descriptor, (IoVector*)Unsafe.AsPointer(ref _joined[0]), count);
        while (written < 0 && Libc.LastError == Errno.EINTR);
        if (written >= 0)
            return count;
        // Each for itself may still do: no memory for so large a packet, a kernel that does not know its type.
        _joiner.Undo();
        var taken = WriteOne(first, length);
        for (var i = 1; i < count; i++)
            taken += WriteOne((byte*)_joined[i].Base - _joiner.HeaderLength, (int)_joined[i].Length + _joiner.HeaderLength);
        return taken;
    }

    /// <summary>1 when the kernel took it. EIO while the interface is down, EINVAL for what is no IP packet, ENOBUFS: it is dropped.</summary>
    private int WriteOne(byte* data, int length)
    {
        if (_features.HeaderSize > 0)
            PutHeader(data, default);
        nint written;
        do
            written = Libc.Write(_descriptor, data - _features.HeaderSize, (nuint)(length + _features.HeaderSize));
        while (written < 0 && Libc.LastError == Errno.EINTR);
        return written >= 0 ? 1 : 0;
    }

    private void PutHeader(byte* packet, VirtioHeader header)
    {
        var position = packet - _features.HeaderSize;
        new Span<byte>(position, _features.HeaderSize).Clear();
        Unsafe.WriteUnaligned(position, header);
    }

    private void SetVector(int index, byte* data, int length)
    {
        _joined[index].Base = data;
        _joined[index].Length = (nuint)length;
    }
}
