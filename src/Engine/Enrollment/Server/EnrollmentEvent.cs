using WireGuard.Api;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

internal enum EnrollmentEventKind
{
    WindowOpened,
    WindowClosed,

    /// <summary>A client showed that it receives at its address, and began a run.</summary>
    Started,
    WrongGuess,
    Waiting,
    Approved,
    Denied,
    Granted,
    Refused,
    InviteMade,
    InviteRevoked,
    PeerRevoked,
    LeaseExpired,
}

internal enum WindowClosing
{
    None,
    OnDemand,
    TimeOver,
    WrongGuesses,
    EnoughPeers,

    /// <summary>Who had it opened, and was to follow it, is gone.</summary>
    OpenerGone,
}

/// <summary>One line for whoever keeps an eye on who comes in. Holds no secret.</summary>
internal sealed record EnrollmentEvent(EnrollmentEventKind Kind, DateTimeOffset At)
{
    internal UdpEndpoint From { get; init; }

    internal PublicKey? Peer { get; init; }

    internal string? Name { get; init; }

    internal ulong? InviteId { get; init; }

    internal WindowClosing Closing { get; init; }

    internal GrantRefusal Refusal { get; init; }

    /// <summary>Of a lease: it has ended by a clock that may yet be set right.</summary>
    internal bool IsLapse { get; init; }

    /// <summary>Of a wrong guess: how many there are now.</summary>
    internal int Guesses { get; init; }
}
