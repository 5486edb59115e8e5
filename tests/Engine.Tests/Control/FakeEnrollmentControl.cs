using WireGuard.Api;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

/// <summary>An enrollment server that writes down what it is asked, and keeps the secrets that it gave away.</summary>
internal sealed class FakeEnrollmentControl : IEnrollmentControl
{
    internal const string Code = "493027";
    internal const string Link = "wg-enroll://vpn.example:51820/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH";

    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal List<object> Calls { get; } = [];

    internal List<ShownSecret> Given { get; } = [];

    internal ControlException? Failure { get; set; }

    internal CancellationToken Opener { get; private set; }

    public EnrollmentOpened Open(EnrollmentOpenRequest request, CancellationToken opener = default)
    {
        Opener = opener;
        return Answer(request, new EnrollmentOpened { Code = Secret(Code), Seconds = 60, ClosesAt = s_time });
    }

    public EnrollmentClosed Close() => Answer("close", new EnrollmentClosed(true));

    public EnrollmentStatus Status() => Answer("status", new EnrollmentStatus { PublicKey = Keys.Numbered(1).ToString(), Fingerprint = "00" });

    public EnrolledPeerInfo Approve(string client) => Answer($"approve {client}", Peer());

    public WaitingPeerInfo Deny(string client) => Answer($"deny {client}", new WaitingPeerInfo { PublicKey = Keys.Numbered(1).ToString(), Fingerprint = "00", Endpoint = "192.0.2.7:1" });

    public EnrollmentInvite Invite(EnrollmentInviteRequest request) => Answer(request, new EnrollmentInvite { Id = "0", Link = Secret(Link), Expires = s_time, MaxUses = 1 });

    public EnrollmentInviteInfo RevokeInvite(string id) => Answer($"revoke {id}", new EnrollmentInviteInfo { Id = id, UsesLeft = 1, MaxUses = 1, Expires = s_time });

    public EnrolledPeerInfo RevokePeer(PublicKey key) => Answer($"revoke {key}", Peer());

    public EnrollmentReservationInfo Reserve(EnrollmentReservationRequest request) => Answer(
        $"reserve {string.Join(',', request.Addresses ?? [])} for {request.PeerName ?? request.PublicKey}", new EnrollmentReservationInfo { PeerName = request.PeerName });

    public EnrollmentReservationInfo Unreserve(EnrollmentReservationChoice choice) =>
        Answer($"unreserve {choice.PeerName ?? choice.PublicKey ?? choice.Address}", new EnrollmentReservationInfo { PeerName = choice.PeerName });

    private static EnrolledPeerInfo Peer() => new() { PublicKey = Keys.Numbered(1).ToString(), JoinedAt = s_time };

    private ShownSecret Secret(string text)
    {
        Given.Add(new ShownSecret(text));
        return Given[^1];
    }

    private T Answer<T>(object call, T answer)
    {
        Calls.Add(call);
        return Failure is null ? answer : throw Failure;
    }
}
