using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>How clients of the control socket, and the log, are told of enrollments.</summary>
internal static class EnrollmentWords
{
    internal static string Fingerprint(in PublicKey key) => Convert.ToHexStringLower(Credential.Fingerprint(key));

    /// <summary>A name as it stands in a line of a log: whatever a client calls itself, it is one word there.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    internal static string InviteId(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    internal static bool TryReadInviteId(string text, out ulong id)
    {
        id = 0;
        return text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    internal static EnrolledPeerInfo Describe(EnrolledPeer peer) => new()
    {
        PublicKey = peer.Key.ToString(),
        Name = peer.Name,
        Addresses = [.. peer.Addresses.Select(address => address.ToString())],
        JoinedAt = peer.At,
        LeaseEnds = peer.LeaseEnds,
        InviteId = peer.InviteId is { } id ? InviteId(id) : null,
    };

    internal static EnrollmentInviteInfo Describe(Invite invite) => new()
    {
        Id = InviteId(invite.Id),
        PeerName = invite.PeerName,
        UsesLeft = Math.Max(0, invite.MaxUses - invite.UsedBy.Count),
        MaxUses = invite.MaxUses,
        Expires = invite.Expires,
    };

    internal static EnrollmentReservationInfo Describe(in ReservationOwner owner, IEnumerable<IPAddress> addresses, PublicKey? heldBy) => new()
    {
        PeerName = owner.Name,
        PublicKey = owner.Key?.ToString(),
        Addresses = [.. Ordered(addresses).Select(address => address.ToString())],
        HeldBy = heldBy?.ToString(),
    };

    internal static IEnumerable<IPAddress> Ordered(IEnumerable<IPAddress> addresses) => addresses.OrderBy(OrderOf, StringComparer.Ordinal);

    /// <summary>By which addresses are listed: IPv4 first, each by its number.</summary>
    internal static string OrderOf(IPAddress address) => (address.AddressFamily == AddressFamily.InterNetwork ? "4" : "6") + Convert.ToHexString(address.GetAddressBytes());

    internal static WaitingPeerInfo Describe(in WaitingClient client) => new()
    {
        Name = client.Name,
        PublicKey = client.Key.ToString(),
        Fingerprint = Fingerprint(client.Key),
        Endpoint = client.From.ToString(),
    };

    internal static EnrollmentPoolInfo Describe(PoolRange range) => new()
    {
        Prefix = range.Prefix.ToString(),
        Server = range.Server.ToString(),
        Taken = range.Taken,
        Free = range.Free > long.MaxValue ? long.MaxValue : (long)range.Free,
    };

    /// <param name="peer">Of a grant.</param>
    internal static EngineEvent Describe(EnrollmentEvent happened, EnrolledPeer? peer) => new()
    {
        Kind = KindOf(happened.Kind),
        // Filled in by whoever passes it on.
        Tunnel = "",
        PeerPublicKey = happened.Peer?.ToString(),
        PeerName = happened.Name,
        Endpoint = happened.From.IsNone ? null : happened.From.ToString(),
        InviteId = happened.InviteId is { } id ? InviteId(id) : null,
        GuessesLeft = happened.Kind == EnrollmentEventKind.WrongGuess ? EnrollmentWindow.MaxWrongGuesses - happened.Guesses : null,
        Detail = happened.Kind switch
        {
            EnrollmentEventKind.WindowClosed => WordOf(happened.Closing),
            EnrollmentEventKind.Refused => WordOf(happened.Refusal),
            EnrollmentEventKind.LeaseExpired when happened.IsLapse => "lapsed",
            EnrollmentEventKind.Granted when peer is not null => string.Join(", ", peer.Addresses),
            _ => null,
        },
    };

    private static string KindOf(EnrollmentEventKind kind) => kind switch
    {
        EnrollmentEventKind.WindowOpened => EnrollmentEvents.WindowOpened,
        EnrollmentEventKind.WindowClosed => EnrollmentEvents.WindowClosed,
        EnrollmentEventKind.Started => EnrollmentEvents.Started,
        EnrollmentEventKind.WrongGuess => EnrollmentEvents.WrongGuess,
        EnrollmentEventKind.Waiting => EnrollmentEvents.Waiting,
        EnrollmentEventKind.Approved => EnrollmentEvents.Approved,
        EnrollmentEventKind.Denied => EnrollmentEvents.Denied,
        EnrollmentEventKind.Granted => EnrollmentEvents.Granted,
        EnrollmentEventKind.Refused => EnrollmentEvents.Refused,
        EnrollmentEventKind.InviteMade => EnrollmentEvents.InviteMade,
        EnrollmentEventKind.InviteRevoked => EnrollmentEvents.InviteRevoked,
        EnrollmentEventKind.PeerRevoked => EnrollmentEvents.PeerRevoked,
        EnrollmentEventKind.LeaseExpired => EnrollmentEvents.LeaseExpired,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static string WordOf(WindowClosing why) => why switch
    {
        WindowClosing.TimeOver => "time-over",
        WindowClosing.WrongGuesses => "wrong-guesses",
        WindowClosing.EnoughPeers => "enough-peers",
        WindowClosing.OpenerGone => "opener-gone",
        _ => "on-demand",
    };

    internal static string WordOf(GrantRefusal why) => why switch
    {
        GrantRefusal.PoolExhausted => "pool-exhausted",
        GrantRefusal.Denied => "denied",
        GrantRefusal.EnoughPeers => "enough-peers",
        GrantRefusal.InviteUsedUp => "invite-used-up",
        GrantRefusal.NotStored => "not-stored",
        _ => "closed",
    };
}
