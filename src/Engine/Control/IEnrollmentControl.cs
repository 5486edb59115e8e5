using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>The enrollment server of a tunnel, as the control socket sees it. Any thread may call; what a request is wrong about is a <see cref="ControlException"/>.</summary>
public interface IEnrollmentControl
{
    /// <param name="opener">Cancelled when the connection has ended by which it is asked.</param>
    /// <exception cref="ControlException">WindowOpen, InvalidValue.</exception>
    EnrollmentOpened Open(EnrollmentOpenRequest request, CancellationToken opener = default);

    EnrollmentClosed Close();

    EnrollmentStatus Status();

    /// <exception cref="ControlException">EnrollmentNotFound, InvalidValue (several are called so), EnrollmentRefused.</exception>
    EnrolledPeerInfo Approve(string client);

    /// <exception cref="ControlException">EnrollmentNotFound, InvalidValue.</exception>
    WaitingPeerInfo Deny(string client);

    /// <exception cref="ControlException">InvalidValue, EnrollmentRefused.</exception>
    EnrollmentInvite Invite(EnrollmentInviteRequest request);

    /// <exception cref="ControlException">EnrollmentNotFound, InvalidValue, EnrollmentRefused.</exception>
    EnrollmentInviteInfo RevokeInvite(string id);

    /// <exception cref="ControlException">PeerNotFound, EnrollmentRefused.</exception>
    EnrolledPeerInfo RevokePeer(PublicKey key);

    /// <exception cref="ControlException">InvalidValue, EnrollmentRefused.</exception>
    EnrollmentReservationInfo Reserve(EnrollmentReservationRequest request);

    /// <exception cref="ControlException">EnrollmentNotFound, InvalidValue, EnrollmentRefused.</exception>
    EnrollmentReservationInfo Unreserve(EnrollmentReservationChoice choice);
}
