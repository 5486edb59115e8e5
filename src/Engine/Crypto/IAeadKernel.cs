namespace WireGuard.Engine.Crypto;

/// <summary>
/// The inner loops of <see cref="KernelTransportAead{TKernel}"/> in one vector width. Static, so that the JIT binds
/// them directly.
/// </summary>
internal unsafe interface IAeadKernel
{
    /// <summary>
    /// Most blocks of keystream that one call gives: key block and text of a 1,420-byte packet. A multiple of what each
    /// kernel computes at once.
    /// </summary>
    const int KeystreamBlocks = 24;

    /// <summary>Most packets that share calls.</summary>
    const int BatchPackets = 8;

    /// <summary>For status displays.</summary>
    static abstract string Name { get; }

    /// <summary>Whether this CPU has the instructions.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Writes <paramref name="count"/> copies of a state, with block counters from <paramref name="counter"/> on.</summary>
    /// <param name="state">Its counter is 0. Aligned to 64 bytes, as are <paramref name="blocks"/>.</param>
    static abstract void Spread(uint* state, uint counter, uint* blocks, int count);

    /// <summary>
    /// Turns states into the blocks of keystream that they stand for, in place. They may be of different keys and nonces.
    /// </summary>
    /// <param name="blocks">Aligned to 64 bytes; what follows them up to <see cref="KeystreamBlocks"/> is overwritten too.</param>
    /// <param name="count">1 to <see cref="KeystreamBlocks"/>.</param>
    static abstract void Blocks(uint* blocks, int count);

    /// <summary>Blocks that <see cref="Run"/> makes; 0 where there is nothing faster than <see cref="Blocks"/>.</summary>
    static abstract int RunBlocks { get; }

    /// <summary>
    /// Combines <see cref="RunBlocks"/> blocks of text with as many of keystream, which are written nowhere:
    /// <paramref name="count"/> of one state, the rest of the next.
    /// </summary>
    /// <param name="texts">Where each block of text lies, of any alignment.</param>
    static abstract void Run(uint* state, uint counter, int count, uint* nextState, uint nextCounter, byte** texts);

    /// <summary>Makes the first blocks of one packet's keystream.</summary>
    /// <param name="key">Of any alignment.</param>
    /// <param name="output">Aligned to 64 bytes; what follows the blocks up to <see cref="KeystreamBlocks"/> is overwritten too.</param>
    /// <param name="count">1 to <see cref="KeystreamBlocks"/>.</param>
    static abstract void Alone(byte* key, ulong packetCounter, uint* output, int count);

    /// <summary>text ^= keystream, for exactly <paramref name="length"/> bytes.</summary>
    static abstract void Xor(byte* text, byte* keystream, int length);

    /// <summary>Writes the tag of one ciphertext.</summary>
    /// <param name="key">One-time key, <see cref="Poly1305.KeySize"/> bytes.</param>
    static abstract void Tag(byte* text, int length, byte* key, byte* tag);

    /// <summary>Writes the tags of up to <see cref="BatchPackets"/> packets whose data are ciphertext.</summary>
    /// <param name="keys">
    /// One-time keys, <see cref="Poly1305.KeySize"/> bytes each, aligned to 64 bytes; room for
    /// <see cref="BatchPackets"/>, what is beyond the packets being readable.
    /// </param>
    /// <param name="tags">Room for <see cref="BatchPackets"/> of <see cref="Poly1305.TagSize"/> bytes, aligned to 64 bytes.</param>
    static abstract void Tags(ReadOnlySpan<AeadPacket> packets, byte* keys, byte* tags);
}
