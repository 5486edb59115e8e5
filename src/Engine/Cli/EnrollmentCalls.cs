using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>The methods enrollment.* of a running engine.</summary>
internal static class EnrollmentCalls
{
    private static readonly ControlJsonContext s_json = ControlJsonContext.Default;

    public static EnrollmentOpened OpenEnrollment(this ControlConnection engine, EnrollmentOpenRequest request) =>
        engine.Call(ControlProtocol.Methods.EnrollmentOpen, s_json.EnrollmentOpened, request, s_json.EnrollmentOpenRequest);

    public static EnrollmentClosed CloseEnrollment(this ControlConnection engine) =>
        engine.Call(ControlProtocol.Methods.EnrollmentClose, s_json.EnrollmentClosed);

    public static EnrollmentStatus GetEnrollment(this ControlConnection engine) =>
        engine.Call(ControlProtocol.Methods.EnrollmentStatus, s_json.EnrollmentStatus);

    public static EnrolledPeerInfo Approve(this ControlConnection engine, string client) => engine.Call(
        ControlProtocol.Methods.EnrollmentApprove, s_json.EnrolledPeerInfo, new EnrollmentClientChoice { Client = client }, s_json.EnrollmentClientChoice);

    public static WaitingPeerInfo Deny(this ControlConnection engine, string client) => engine.Call(
        ControlProtocol.Methods.EnrollmentDeny, s_json.WaitingPeerInfo, new EnrollmentClientChoice { Client = client }, s_json.EnrollmentClientChoice);

    public static EnrollmentInvite Invite(this ControlConnection engine, EnrollmentInviteRequest request) =>
        engine.Call(ControlProtocol.Methods.EnrollmentInvite, s_json.EnrollmentInvite, request, s_json.EnrollmentInviteRequest);

    public static EnrollmentInviteInfo RevokeInvite(this ControlConnection engine, string id) => engine.Call(
        ControlProtocol.Methods.EnrollmentRevokeInvite, s_json.EnrollmentInviteInfo, new EnrollmentInviteId { Id = id }, s_json.EnrollmentInviteId);

    public static EnrolledPeerInfo RevokePeer(this ControlConnection engine, string key) =>
        engine.Call(ControlProtocol.Methods.EnrollmentRevokePeer, s_json.EnrolledPeerInfo, new PeerKey(key), s_json.PeerKey);

    public static EnrollmentReservationInfo Reserve(this ControlConnection engine, EnrollmentReservationRequest request) =>
        engine.Call(ControlProtocol.Methods.EnrollmentReserve, s_json.EnrollmentReservationInfo, request, s_json.EnrollmentReservationRequest);

    public static EnrollmentReservationInfo Unreserve(this ControlConnection engine, EnrollmentReservationChoice choice) =>
        engine.Call(ControlProtocol.Methods.EnrollmentUnreserve, s_json.EnrollmentReservationInfo, choice, s_json.EnrollmentReservationChoice);
}
