using System.Buffers.Binary;

namespace WireGuard.Engine.Noise;

/// <summary>First byte of each message; the three that follow it are zero (whitepaper, section 5.4).</summary>
public enum MessageType : uint
{
    Initiation = 1,
    Response = 2,
    CookieReply = 3,
    Transport = 4,
}

/// <summary>Sizes and field offsets of the four messages, in bytes (whitepaper, sections 5.4.2 to 5.4.7).</summary>
public static class MessageFormat
{
    public const int InitiationSize = 148;
    public const int ResponseSize = 92;
    public const int CookieReplySize = 64;

    /// <summary>type (4), receiver index (4), counter (8).</summary>
    public const int TransportHeaderSize = 16;

    /// <summary>A transport message with no content: a keepalive.</summary>
    public const int MinimumTransportSize = TransportHeaderSize + TagSize;

    public const int TagSize = 16;
    public const int MacSize = 16;
    public const int KeySize = 32;
    public const int HashSize = 32;
    public const int TimestampSize = 12;

    internal const int SenderIndex = 4;

    internal static class Initiation
    {
        internal const int Ephemeral = 8;
        internal const int EncryptedStatic = 40;
        internal const int EncryptedTimestamp = 88;
        internal const int Mac1 = 116;
    }

    internal static class Response
    {
        internal const int ReceiverIndex = 8;
        internal const int Ephemeral = 12;
        internal const int EncryptedNothing = 44;
        internal const int Mac1 = 60;
    }

    internal static class CookieReply
    {
        internal const int ReceiverIndex = 4;
        internal const int Nonce = 8;
        internal const int NonceSize = 24;
        internal const int EncryptedCookie = 32;
    }

    internal static class Transport
    {
        internal const int ReceiverIndex = 4;
        internal const int Counter = 8;
    }

    /// <summary>
    /// The type of a message whose length fits its type and whose reserved bytes are zero, else null: such a datagram
    /// is dropped without another look.
    /// </summary>
    public static MessageType? Classify(ReadOnlySpan<byte> message)
    {
        if (message.Length < MinimumTransportSize)
            return null;
        var type = (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(message);
        return type switch
        {
            MessageType.Transport => type,
            MessageType.Initiation when message.Length == InitiationSize => type,
            MessageType.Response when message.Length == ResponseSize => type,
            MessageType.CookieReply when message.Length == CookieReplySize => type,
            _ => null,
        };
    }

    internal static uint ReadIndex(ReadOnlySpan<byte> message, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(message[offset..]);
}
