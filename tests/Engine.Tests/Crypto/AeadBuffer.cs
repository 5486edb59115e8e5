using System.Runtime.InteropServices;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>
/// Native memory for one packet: key, text at any alignment, tag, and marked ground before and behind that nobody may
/// step on.
/// </summary>
internal sealed unsafe class AeadBuffer : IDisposable
{
    private const int Fence = 128;

    private const byte Mark = 0xA5;

    private readonly byte* _memory;
    private readonly int _capacity;
    private byte* _text;
    private int _length;

    internal AeadBuffer(int capacity = 70_000)
    {
        // 64 for the key before the first fence, 64 for the offset.
        _capacity = Fence + 64 + 64 + capacity + TransportAead.TagSize + Fence;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, 64);
    }

    internal Span<byte> Text => new(_text, _length);

    internal Span<byte> Tag => new(_text + _length, TransportAead.TagSize);

    internal Span<byte> TextAndTag => new(_text, _length + TransportAead.TagSize);

    /// <summary>Places a text (tag zero) at <paramref name="offset"/> bytes from a 64-byte boundary and returns the packet over it.</summary>
    internal AeadPacket Place(ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> text, int offset = 0)
    {
        key.CopyTo(new Span<byte>(_memory, TransportAead.KeySize));
        _text = _memory + Fence + 64 + offset;
        _length = text.Length;
        new Span<byte>(_text - Fence, Fence).Fill(Mark);
        new Span<byte>(_text + _length + TransportAead.TagSize, Fence).Fill(Mark);
        text.CopyTo(Text);
        Tag.Clear();
        return new AeadPacket { Key = _memory, Counter = counter, Data = _text, Length = _length };
    }

    /// <summary>True while everything around text and tag is as it was.</summary>
    internal bool IsFenceWhole =>
        new ReadOnlySpan<byte>(_text - Fence, Fence).IndexOfAnyExcept(Mark) < 0
        && new ReadOnlySpan<byte>(_text + _length + TransportAead.TagSize, Fence).IndexOfAnyExcept(Mark) < 0;

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
