using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

internal enum SessionState
{
    /// <summary>Shares were exchanged; the client has to show that it has the code.</summary>
    Shared,

    /// <summary>It has shown that it has not.</summary>
    Dead,

    /// <summary>It has, and a person has to approve.</summary>
    Waiting,

    /// <summary>The last word is spoken, and is repeated to who asks again.</summary>
    Decided,
}

/// <summary>One run of the protocol on the server (docs/enrollment-protocol.md, section 7.2).</summary>
internal sealed class ServerSession : IDisposable
{
    private readonly byte[] _begunBy = new byte[Blake2s.MaxDigestSize];
    private readonly byte[] _finishedBy = new byte[Blake2s.MaxDigestSize];

    internal required SessionId Id { get; init; }

    internal required UdpEndpoint From { get; init; }

    /// <summary>Of a session by code the window that it began in, else null.</summary>
    internal EnrollmentWindow? Window { get; init; }

    /// <summary>Of a session by invitation that, else null.</summary>
    internal Invite? Invite { get; init; }

    internal CredentialKind Kind => Window is null ? CredentialKind.Invite : CredentialKind.Code;

    internal required EphemeralShare Own { get; init; }

    internal required EnrollmentKeys Keys { get; set; }

    internal required byte[] ClientEphemeral { get; init; }

    internal required byte[] ServerShare { get; init; }

    internal SessionState State { get; set; }

    /// <summary>Monotonic nanoseconds.</summary>
    internal required long Expires { get; set; }

    /// <summary>Confirmed messages that could not be opened.</summary>
    internal int Damaged { get; set; }

    internal PublicKey Client { get; set; }

    internal string? Name { get; set; }

    /// <summary>What a Finish is answered with now.</summary>
    internal byte[] Reply { get; set; } = [];

    internal void RememberBeginning(ReadOnlySpan<byte> clientShare) => Blake2s.Hash(_begunBy, clientShare);

    internal bool WasBegunBy(ReadOnlySpan<byte> clientShare) => IsHashOf(_begunBy, clientShare);

    internal void RememberFinish(ReadOnlySpan<byte> finish) => Blake2s.Hash(_finishedBy, finish);

    internal bool WasFinishedBy(ReadOnlySpan<byte> finish) => IsHashOf(_finishedBy, finish);

    /// <summary>Zeroes what is secret; what is left can still be repeated.</summary>
    public void Dispose()
    {
        Own.Dispose();
        Keys.Dispose();
    }

    private static bool IsHashOf(byte[] hash, ReadOnlySpan<byte> message)
    {
        Span<byte> other = stackalloc byte[Blake2s.MaxDigestSize];
        Blake2s.Hash(other, message);
        return other.SequenceEqual(hash);
    }
}

/// <summary>Both nonces of a run.</summary>
internal readonly record struct SessionId(UInt128 Client, UInt128 Server)
{
    internal static SessionId Of(ReadOnlySpan<byte> message) => new(
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(message[EnrollmentFormat.ClientNonce..]),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(message[EnrollmentFormat.ServerNonce..]));
}
