using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// What recvmmsg brought, in memory of its own, and how far it has been handed on. A message may be many datagrams that the
/// kernel coalesced (UDP_GRO): it is cut where it lies, and what a batch has no room for waits for the next. So many messages are asked
/// for as filled a batch the last time, so that little waits and the same few pages are used again. The lane's thread only.
/// </summary>
internal sealed unsafe class ArrivedMessages
{
    /// <summary>Two full messages are a batch's worth.</summary>
    private const int FirstAsked = 2;

    private readonly MessageBlock _block = new();
    private readonly PacketBatch _area = new(MessageBlock.Capacity);
    private readonly int[] _segments = new int[MessageBlock.Capacity];
    private int _count;
    private int _next;
    private int _offset;
    private int _asked = FirstAsked;

    public ArrivedMessages()
    {
        for (var i = 0; i < MessageBlock.Capacity; i++)
        {
            _block.SetData(i, _area.ReadPosition(i), PacketBatch.MaxPacket);
            _block.ResetForReceive(i);
        }
    }

    // Whoever works on a batch that points in here holds the socket, and with it this.
    ~ArrivedMessages() => _area.Dispose();

    public bool IsEmpty => _next == _count;

    public void Clear() => _count = _next = _offset = 0;

    /// <summary>Takes what waits at two sockets (negative: none), unless the first has enough for all. Only when empty.</summary>
    public void Receive(int first, int second)
    {
        Clear();
        var datagrams = ReceiveFrom(first);
        datagrams += ReceiveFrom(second);
        if (datagrams > _count)
            _asked = Math.Max(1, PacketBatch.DefaultCapacity * _count / datagrams);
        else if (_count >= _asked)
            _asked = Math.Min(2 * _asked, MessageBlock.Capacity);
    }

    /// <summary>Points the batch's slots at the next datagrams, which stay where they are until the next <see cref="Receive"/>.</summary>
    public void MoveTo(PacketBatch batch)
    {
        var count = 0;
        while (_next < _count && count < batch.Capacity)
        {
            ref var message = ref _area[_next];
            do
            {
                ref var slot = ref batch[count++];
                slot.Data = message.Data + _offset;
                slot.Length = Math.Min(_segments[_next], message.Length - _offset);
                slot.Endpoint = message.Endpoint;
                _offset += slot.Length;
            }
            while (_offset < message.Length && count < batch.Capacity);
            if (_offset < message.Length)
                break;
            _offset = 0;
            _next++;
        }
        batch.Count = count;
    }

    /// <summary>Returns the number of datagrams that came.</summary>
    private int ReceiveFrom(int descriptor)
    {
        var room = Math.Min(_asked, MessageBlock.Capacity - _count);
        if (descriptor < 0 || room == 0)
            return 0;
        // An error that waited on the socket (an ICMP message, say) is reported once, before what waits behind it.
        var received = Libc.ReceiveMessages(descriptor, _block.Messages + _count, (uint)room, Libc.MSG_DONTWAIT, null);
        if (received < 0 && Libc.LastError != Errno.EAGAIN)
            received = Libc.ReceiveMessages(descriptor, _block.Messages + _count, (uint)room, Libc.MSG_DONTWAIT, null);
        var datagrams = 0;
        for (var end = _count + received; _count < end; _count++)
            datagrams += ReadMessage(_count);
        return datagrams;
    }

    private int ReadMessage(int index)
    {
        ref var message = ref _block.Messages[index];
        ref var slot = ref _area[index];
        slot.Data = _area.ReadPosition(index);
        slot.Length = (int)message.Length;
        slot.Endpoint = default;
        ReceivedHeader.ReadAddress(_block.Name(index), ref slot.Endpoint);
        var segment = ReceivedHeader.ReadControl(in message.Header, ref slot.Endpoint);
        _block.ResetForReceive(index);
        if (segment <= 0 || segment >= slot.Length)
        {
            _segments[index] = slot.Length;
            return 1;
        }
        _segments[index] = segment;
        return (slot.Length + segment - 1) / segment;
    }
}
