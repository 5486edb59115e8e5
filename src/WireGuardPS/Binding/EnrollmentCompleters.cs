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

/// <summary>Names of running tunnels that others join.</summary>
internal sealed class ServedTunnelCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.ServedTunnels();
}

/// <summary>Names of tunnels that others join, running or not.</summary>
internal sealed class ServedStateCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.States();
}

/// <summary>Names that addresses of the tunnel that was named are reserved for.</summary>
internal sealed class ReservedNameCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.ReservedNames(TunnelOf(bound));
}
