using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>The methods enrollment.*. What they answer may hold a code or a link, which is zeroed once it is written.</summary>
internal static class EnrollmentMethods
{
    private static readonly ControlJsonContext s_json = ControlJsonContext.Default;

    /// <summary>Writes the answer; null when the method is no one of these.</summary>
    /// <param name="ended">Cancelled when the connection has ended.</param>
    /// <exception cref="ControlException">NotServed, or what to answer instead.</exception>
    internal static SecretBufferWriter? Call(RpcCall call, ITunnelContext context, CancellationToken ended) => call.Method switch
    {
        ControlProtocol.Methods.EnrollmentOpen => Open(call, Of(context), ended),
        ControlProtocol.Methods.EnrollmentClose => RpcText.Result(call.Id.Span, Of(context).Close(), s_json.EnrollmentClosed),
        ControlProtocol.Methods.EnrollmentStatus => RpcText.Result(call.Id.Span, Of(context).Status(), s_json.EnrollmentStatus),
        ControlProtocol.Methods.EnrollmentApprove => RpcText.Result(call.Id.Span, Of(context).Approve(ClientOf(call)), s_json.EnrolledPeerInfo),
        ControlProtocol.Methods.EnrollmentDeny => RpcText.Result(call.Id.Span, Of(context).Deny(ClientOf(call)), s_json.WaitingPeerInfo),
        ControlProtocol.Methods.EnrollmentInvite => Invite(call, Of(context)),
        ControlProtocol.Methods.EnrollmentRevokeInvite => RpcText.Result(
            call.Id.Span, Of(context).RevokeInvite(Required(call.ReadParams(s_json.EnrollmentInviteId).Id, "id")), s_json.EnrollmentInviteInfo),
        ControlProtocol.Methods.EnrollmentRevokePeer => RpcText.Result(
            call.Id.Span, Of(context).RevokePeer(PeerRequestReader.ReadKey(call.ReadParams(s_json.PeerKey).PublicKey)), s_json.EnrolledPeerInfo),
        ControlProtocol.Methods.EnrollmentReserve => RpcText.Result(
            call.Id.Span, Of(context).Reserve(call.ReadParams(s_json.EnrollmentReservationRequest)), s_json.EnrollmentReservationInfo),
        ControlProtocol.Methods.EnrollmentUnreserve => RpcText.Result(
            call.Id.Span, Of(context).Unreserve(call.ReadParams(s_json.EnrollmentReservationChoice)), s_json.EnrollmentReservationInfo),
        _ => null,
    };

    private static IEnrollmentControl Of(ITunnelContext context) => context.Enrollment ?? throw new ControlException(
        ControlErrorCode.NotServed, $"{context.TunnelName} has no enrollment server: nobody can join it by a code or an invitation.");

    private static string ClientOf(RpcCall call) => Required(call.ReadParams(s_json.EnrollmentClientChoice).Client, "client");

    private static string Required(string? text, string member) => string.IsNullOrEmpty(text) ? throw ControlException.InvalidValue(member, "it is empty.") : text;

    private static SecretBufferWriter Open(RpcCall call, IEnrollmentControl enrollment, CancellationToken ended)
    {
        var request = call.Params.IsEmpty ? new EnrollmentOpenRequest() : call.ReadParams(s_json.EnrollmentOpenRequest);
        using var opened = enrollment.Open(request, ended);
        return RpcText.Result(call.Id.Span, opened, s_json.EnrollmentOpened);
    }

    private static SecretBufferWriter Invite(RpcCall call, IEnrollmentControl enrollment)
    {
        var request = call.Params.IsEmpty ? new EnrollmentInviteRequest() : call.ReadParams(s_json.EnrollmentInviteRequest);
        using var invite = enrollment.Invite(request);
        return RpcText.Result(call.Id.Span, invite, s_json.EnrollmentInvite);
    }
}
