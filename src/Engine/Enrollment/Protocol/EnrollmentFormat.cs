namespace WireGuard.Engine.Enrollment;

/// <summary>Second byte of each message (docs/enrollment-protocol.md, section 5).</summary>
internal enum EnrollmentMessage : byte
{
    Hello = 1,
    Retry = 2,
    ClientShare = 3,
    ServerShare = 4,
    Finish = 5,
    Grant = 6,
    Refusal = 7,
}

/// <summary>Fourth byte of each message: what the client has to show.</summary>
internal enum CredentialKind : byte
{
    Code = 1,
    Invite = 2,
}

/// <summary>What a refusal says; nobody vouches for it.</summary>
internal enum RefusalReason : byte
{
    WrongCode = 1,
    Closed = 2,
}

/// <summary>Sizes and offsets of the seven messages, in bytes (docs/enrollment-protocol.md, sections 4 and 5).</summary>
internal static class EnrollmentFormat
{
    /// <summary>No WireGuard message begins so (1 to 4).</summary>
    internal const byte FirstByte = 0x65;

    internal const byte Version = 1;

    internal const int NonceSize = 16;
    internal const int MacSize = 16;
    internal const int ConfirmationSize = 32;
    internal const int KeySize = 32;
    internal const int TagSize = 16;

    internal const int ClientNonce = 4;
    internal const int ServerNonce = ClientNonce + NonceSize;

    /// <summary>Both nonces, one behind the other: which run it is.</summary>
    internal const int SessionSize = 2 * NonceSize;

    internal const int FrameSize = ClientNonce + SessionSize;

    internal const int HelloSize = 128;
    internal const int RetrySize = 52;
    internal const int ClientShareSize = 256;
    internal const int ServerShareSize = 100;
    internal const int FinishSize = 1200;
    internal const int GrantSize = 1200;
    internal const int RefusalSize = 40;
    internal const int MaxSize = 1200;

    internal static class Hello
    {
        internal const int Mac1 = HelloSize - MacSize;
    }

    internal static class Retry
    {
        internal const int Cookie = FrameSize;
    }

    internal static class ClientShare
    {
        internal const int Cookie = FrameSize;
        internal const int Share = 52;
        internal const int Ephemeral = 84;
        internal const int InviteTag = 116;
        internal const int Zeros = 132;
        internal const int Mac1 = ClientShareSize - MacSize;
    }

    internal static class ServerShare
    {
        internal const int Share = FrameSize;
        internal const int Ephemeral = 68;
    }

    internal static class Finish
    {
        internal const int Confirmation = FrameSize;
        internal const int Static = 68;
        internal const int Payload = 116;
        internal const int PayloadSize = FinishSize - Payload - TagSize;
    }

    internal static class Grant
    {
        internal const int Sequence = FrameSize;
        internal const int Confirmation = 44;
        internal const int Static = 76;
        internal const int Payload = 124;
        internal const int PayloadSize = GrantSize - Payload - TagSize;
    }

    internal static class Refusal
    {
        internal const int Reason = FrameSize;
    }

    /// <summary>What a message is; null when frame, length or reserved bytes are not as they must be: drop it.</summary>
    internal static EnrollmentMessage? Classify(ReadOnlySpan<byte> message)
    {
        if (message.Length < RefusalSize || message[0] != FirstByte || message[2] != Version || message[3] is not (1 or 2))
            return null;
        var kind = (EnrollmentMessage)message[1];
        return kind switch
        {
            EnrollmentMessage.Hello when message.Length == HelloSize && IsZero(message[ServerNonce..Hello.Mac1]) => kind,
            EnrollmentMessage.Retry when message.Length == RetrySize => kind,
            EnrollmentMessage.ClientShare when message.Length == ClientShareSize && IsZero(message[ClientShare.Zeros..ClientShare.Mac1])
                && (CredentialOf(message) == CredentialKind.Invite || IsZero(message[ClientShare.InviteTag..ClientShare.Zeros])) => kind,
            EnrollmentMessage.ServerShare when message.Length == ServerShareSize => kind,
            EnrollmentMessage.Finish when message.Length == FinishSize => kind,
            EnrollmentMessage.Grant when message.Length == GrantSize => kind,
            EnrollmentMessage.Refusal when message.Length == RefusalSize && IsZero(message[(Refusal.Reason + 1)..])
                && message[Refusal.Reason] is (byte)RefusalReason.WrongCode or (byte)RefusalReason.Closed => kind,
            _ => null,
        };
    }

    internal static CredentialKind CredentialOf(ReadOnlySpan<byte> message) => (CredentialKind)message[3];

    internal static ReadOnlySpan<byte> SessionOf(ReadOnlySpan<byte> message) => message.Slice(ClientNonce, SessionSize);

    /// <summary>Clears the message and writes kind, version and credential.</summary>
    internal static void Begin(Span<byte> message, EnrollmentMessage kind, CredentialKind credential)
    {
        message.Clear();
        message[0] = FirstByte;
        message[1] = (byte)kind;
        message[2] = Version;
        message[3] = (byte)credential;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);
}
