using System.Collections;

namespace WireGuard.Binding;

/// <summary>Fingerprints of clients that wait to be let into the tunnel that was named.</summary>
internal sealed class WaitingPeerCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.WaitingPeers(TunnelOf(bound));
}

/// <summary>Ids of invitations of the tunnel that was named.</summary>
internal sealed class InviteIdCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Invites(TunnelOf(bound));
}
