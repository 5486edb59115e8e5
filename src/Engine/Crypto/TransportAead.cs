namespace WireGuard.Engine.Crypto;

/// <summary>
/// One packet to seal or open, in place. Nonce: 32 zero bits, then the counter, little-endian (whitepaper, section 5.4.6;
/// RFC 8439, section 2.8). No associated data.
/// </summary>
public unsafe struct AeadPacket
{
    /// <summary>32 bytes; they stay valid for the call.</summary>
    public byte* Key;

    public ulong Counter;

    /// <summary>Text, replaced in place. The tag's 16 bytes follow it: written by Seal, read by Open.</summary>
    public byte* Data;

    /// <summary>Bytes of text without the tag.</summary>
    public int Length;

    /// <summary>Set by Open: whether the tag was right. When false, the text is garbage and goes nowhere.</summary>
    public bool Authentic;
}

/// <summary>
/// Bulk ChaCha20-Poly1305 over batches of transport packets. Implementations hold no state between calls and may be
/// called from any thread. They run in constant time with respect to key and text, and allocate nothing. They may read up
/// to 64 bytes beyond the tag (a packet batch leaves that room) but write none: the next segment of a coalesced datagram
/// may begin there.
/// </summary>
public abstract class TransportAead
{
    public const int KeySize = 32;

    public const int TagSize = 16;

    /// <summary>Human-readable name for status displays, as "AVX-512".</summary>
    public abstract string Name { get; }

    /// <summary>Encrypts and authenticates each packet.</summary>
    public abstract void Seal(Span<AeadPacket> packets);

    /// <summary>Decrypts each packet and sets <see cref="AeadPacket.Authentic"/>.</summary>
    public abstract void Open(Span<AeadPacket> packets);
}
