namespace WireGuard.Engine.Crypto;

/// <summary>
/// The three inner loops of <see cref="KernelTransportAead{TKernel}"/> in one vector width. Static, so that the JIT binds
/// them directly.
/// </summary>
internal unsafe interface IAeadKernel
{
    /// <summary>
    /// Most blocks of keystream that one call gives: key block and text of a 1,420-byte packet. A multiple of what each
    /// kernel computes at once.
    /// </summary>
    const int KeystreamBlocks = 24;

    /// <summary>For status displays.</summary>
    static abstract string Name { get; }

    /// <summary>Whether this CPU has the instructions.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>
    /// Writes keystream blocks from the state's counter on and advances the counter by their number.
    /// </summary>
    /// <param name="wanted">At least 1; more than one call can give is fine.</param>
    /// <param name="output">Aligned to 64 bytes; room for <see cref="KeystreamBlocks"/> blocks.</param>
    /// <returns>Blocks written: perhaps more than wanted, fewer only at <see cref="KeystreamBlocks"/>.</returns>
    static abstract int Keystream(uint* state, int wanted, byte* output);

    /// <summary>text ^= keystream, for exactly <paramref name="length"/> bytes.</summary>
    static abstract void Xor(byte* text, byte* keystream, int length);

    /// <summary>Absorbs the whole text, padded with zeros to 16 bytes, into an accumulator that is still zero.</summary>
    static abstract void Absorb(ref Poly1305 poly, byte* text, int length);
}
