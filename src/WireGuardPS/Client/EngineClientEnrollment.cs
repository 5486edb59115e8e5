using WireGuard.Api;

namespace WireGuard.Client;

/// <summary>The control protocol's methods of enrollments, typed.</summary>
internal static class EngineClientEnrollment
{
    private static ControlJsonContext Json => ControlJsonContext.Default;

    /// <summary>The answer's code is the caller's to zero.</summary>
    internal static Task<EnrollmentOpened> OpenEnrollmentAsync(this EngineClient client, EnrollmentOpenRequest request, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EnrollmentOpen, request, Json.EnrollmentOpenRequest, Json.EnrollmentOpened, cancellation);

    internal static Task<EnrollmentClosed> CloseEnrollmentAsync(this EngineClient client, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EnrollmentClose, Json.EnrollmentClosed, cancellation);

    internal static Task<EnrollmentStatus> GetEnrollmentAsync(this EngineClient client, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EnrollmentStatus, Json.EnrollmentStatus, cancellation);

    internal static Task<EnrolledPeerInfo> ApproveEnrollmentAsync(this EngineClient client, string who, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentApprove, new EnrollmentClientChoice { Client = who }, Json.EnrollmentClientChoice, Json.EnrolledPeerInfo, cancellation);

    internal static Task<WaitingPeerInfo> DenyEnrollmentAsync(this EngineClient client, string who, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentDeny, new EnrollmentClientChoice { Client = who }, Json.EnrollmentClientChoice, Json.WaitingPeerInfo, cancellation);

    /// <summary>The answer's link is the caller's to zero.</summary>
    internal static Task<EnrollmentInvite> InviteAsync(this EngineClient client, EnrollmentInviteRequest request, CancellationToken cancellation) =>
        client.InvokeAsync(ControlProtocol.Methods.EnrollmentInvite, request, Json.EnrollmentInviteRequest, Json.EnrollmentInvite, cancellation);

    internal static Task<EnrollmentInviteInfo> RevokeInviteAsync(this EngineClient client, string id, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentRevokeInvite, new EnrollmentInviteId { Id = id }, Json.EnrollmentInviteId, Json.EnrollmentInviteInfo, cancellation);

    internal static Task<EnrolledPeerInfo> RevokePeerAsync(this EngineClient client, string publicKey, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentRevokePeer, new PeerKey(publicKey), Json.PeerKey, Json.EnrolledPeerInfo, cancellation);

    internal static Task<EnrollmentReservationInfo> ReserveAsync(this EngineClient client, EnrollmentReservationRequest request, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentReserve, request, Json.EnrollmentReservationRequest, Json.EnrollmentReservationInfo, cancellation);

    internal static Task<EnrollmentReservationInfo> UnreserveAsync(this EngineClient client, EnrollmentReservationChoice choice, CancellationToken cancellation) => client.InvokeAsync(
        ControlProtocol.Methods.EnrollmentUnreserve, choice, Json.EnrollmentReservationChoice, Json.EnrollmentReservationInfo, cancellation);
}
