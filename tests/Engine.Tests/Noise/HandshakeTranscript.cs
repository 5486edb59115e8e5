namespace WireGuard.Tests.Noise;

/// <summary>All that a handshake needs to be replayed, and all that it must give. Keys are 32 bytes.</summary>
internal sealed partial record HandshakeTranscript
{
    public required byte[] InitiatorPrivateKey { get; init; }

    public required byte[] InitiatorPublicKey { get; init; }

    public required byte[] ResponderPrivateKey { get; init; }

    public required byte[] ResponderPublicKey { get; init; }

    /// <summary>All zero: none.</summary>
    public required byte[] PresharedKey { get; init; }

    /// <summary>Answered with <see cref="CookieReply"/>.</summary>
    public required RecordedHandshakeMessage FirstInitiation { get; init; }

    /// <summary>Carries mac2 and is answered with <see cref="Response"/>.</summary>
    public required RecordedHandshakeMessage RetriedInitiation { get; init; }

    public required RecordedHandshakeMessage Response { get; init; }

    public required RecordedCookieReply CookieReply { get; init; }

    public required byte[] InitiatorToResponderKey { get; init; }

    public required byte[] ResponderToInitiatorKey { get; init; }

    public required RecordedTransportMessage[] InitiatorToResponder { get; init; }

    public required RecordedTransportMessage[] ResponderToInitiator { get; init; }
}

internal sealed record RecordedHandshakeMessage
{
    /// <summary>As the random numbers gave it, before clamping.</summary>
    public required byte[] EphemeralPrivateKey { get; init; }

    public required uint SenderIndex { get; init; }

    /// <summary>12 bytes of TAI64N; empty in a response.</summary>
    public byte[] Timestamp { get; init; } = [];

    /// <summary>The whole message with its MACs.</summary>
    public required byte[] Message { get; init; }
}

internal sealed record RecordedCookieReply
{
    /// <summary>The responder's own 32 bytes, from which it makes cookies.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>Address and port that the initiation came from, 6 bytes.</summary>
    public required byte[] Source { get; init; }

    public required byte[] Nonce { get; init; }

    /// <summary>16 bytes, the decrypted content of the reply.</summary>
    public required byte[] Cookie { get; init; }

    public required byte[] Message { get; init; }
}

/// <param name="Plaintext">Before padding to a multiple of 16 bytes.</param>
internal sealed record RecordedTransportMessage(ulong Counter, byte[] Plaintext, byte[] Message);
