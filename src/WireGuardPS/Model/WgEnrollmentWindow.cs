using System.Security;

namespace WireGuard;

/// <summary>A time in which a tunnel takes a code, as it was when it was asked.</summary>
public sealed class WgEnrollmentWindow
{
    public required string Tunnel { get; init; }

    /// <summary>Digits alone; only from Open-WgEnrollment, else null. Whoever reads it can join.</summary>
    public SecureString? Code { get; init; }

    /// <summary>By the wall clock as it was then; the window itself does not follow that.</summary>
    public DateTimeOffset ClosesAt { get; init; }

    public TimeSpan Remaining { get; init; }

    /// <summary>Wrong codes that it still takes; the last one closes it.</summary>
    public int GuessesLeft { get; init; }

    /// <summary>It closes when so many have joined; null: as many as come.</summary>
    public int? MaxPeers { get; init; }

    /// <summary>Whether each client waits for Approve-WgEnrollment.</summary>
    public bool Approve { get; init; }

    /// <summary>Who has joined in it: names, and public keys of who has none.</summary>
    public string[] Joined { get; init; } = [];

    /// <summary>The tunnel's name; never the code.</summary>
    public override string ToString() => Tunnel;
}
