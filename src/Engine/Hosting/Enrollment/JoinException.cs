using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>A join that came to nothing; the message is for people.</summary>
internal sealed class JoinException(ClientFailure failure, string message) : Exception(message)
{
    internal ClientFailure Failure { get; } = failure;

    internal static JoinException From(ClientFailure failure, GrantRefusal refusal, string server) => new(failure, failure switch
    {
        ClientFailure.NoAnswer => $"{server} does not answer. Is a window open there, or the invitation still good? Is the port right, and UDP let through?",
        ClientFailure.WrongCode => $"{server} says that the code is wrong.",
        ClientFailure.NotConfirmed => $"{server} answers, but has not shown that it knows the code: it may be mistyped, answers may be lost, or somebody sits in between. Have a new code shown before you try again.",
        ClientFailure.Closed => $"{server} says that the window has closed.",
        ClientFailure.OtherServer => $"{server} is not the server that the invitation is of.",
        _ => $"{server} refuses: {WordOf(refusal)}.",
    });

    private static string WordOf(GrantRefusal refusal) => refusal switch
    {
        GrantRefusal.PoolExhausted => "it has no address left",
        GrantRefusal.Denied => "somebody there said no",
        GrantRefusal.EnoughPeers => "as many have joined as were to",
        GrantRefusal.InviteUsedUp => "the invitation is used up, or has expired",
        GrantRefusal.NotStored => "it could not write down that you joined",
        _ => "the window has closed",
    };
}
