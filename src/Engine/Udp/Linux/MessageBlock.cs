using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// Native memory for one recvmmsg or sendmmsg of up to <see cref="Capacity"/> datagrams: headers, I/O vectors, addresses
/// and control messages, linked once, one vector a message. One thread at a time.
/// </summary>
internal sealed unsafe class MessageBlock : IDisposable
{
    public const int Capacity = PacketBatch.DefaultCapacity;

    /// <summary>Room for struct sockaddr_in6, on a cache line's half.</summary>
    public const int NameStride = 32;

    /// <summary>Room for in6_pktinfo (40 with its header), a traffic class (24), a segment size (24) and what a later kernel may add.</summary>
    public const int ControlStride = 128;

    private readonly IoVector* _vectors;
    private readonly byte* _names;
    private readonly byte* _controls;
    private byte* _memory;

    public MessageBlock()
    {
        var perMessage = sizeof(MessageHeaderWithLength) + sizeof(IoVector) + NameStride + ControlStride;
        var size = (nuint)(Capacity * perMessage);
        _memory = (byte*)NativeMemory.AlignedAlloc(size, 64);
        NativeMemory.Clear(_memory, size);
        Messages = (MessageHeaderWithLength*)_memory;
        _controls = (byte*)(Messages + Capacity);
        _names = _controls + (Capacity * ControlStride);
        _vectors = (IoVector*)(_names + (Capacity * NameStride));
        for (var i = 0; i < Capacity; i++)
        {
            ref var header = ref Messages[i].Header;
            header.Name = Name(i);
            header.Vectors = _vectors + i;
            header.VectorCount = 1;
            header.Control = Control(i);
        }
    }

    ~MessageBlock() => Free();

    public MessageHeaderWithLength* Messages { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Name(int index) => _names + (index * NameStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Control(int index) => _controls + (index * ControlStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetData(int index, void* data, nuint length)
    {
        _vectors[index].Base = data;
        _vectors[index].Length = length;
    }

    /// <summary>Makes a message gather <paramref name="count"/> vectors from <paramref name="first"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetVectors(int index, int first, int count)
    {
        Messages[index].Header.Vectors = _vectors + first;
        Messages[index].Header.VectorCount = (nuint)count;
    }

    /// <summary>Makes a message take a datagram of any size and everything that comes with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ResetForReceive(int index)
    {
        ref var header = ref Messages[index].Header;
        header.NameLength = NameStride;
        header.ControlLength = ControlStride;
        header.Flags = 0;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is null)
            return;
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
