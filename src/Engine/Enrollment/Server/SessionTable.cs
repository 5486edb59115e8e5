using WireGuard.Api;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

/// <summary>The sessions that there are, within the bounds of docs/enrollment-protocol.md, section 9.</summary>
internal sealed class SessionTable
{
    internal const int MaxUnfinished = 64;
    internal const int MaxUnfinishedOfSource = 4;
    internal const int MaxFinished = 256;

    private readonly Dictionary<SessionId, ServerSession> _sessions = [];

    internal IReadOnlyCollection<ServerSession> All => _sessions.Values;

    internal ServerSession? Find(SessionId id) => _sessions.GetValueOrDefault(id);

    /// <summary>Whether one more may begin. Those by code, which anybody can begin, take nothing from those by invitation.</summary>
    internal bool HasRoomFor(CredentialKind kind, in UdpEndpoint source)
    {
        var all = 0;
        var ofSource = 0;
        foreach (var session in _sessions.Values)
        {
            if (session.Kind != kind || session.State is SessionState.Waiting or SessionState.Decided)
                continue;
            all++;
            // An IPv4 address stands alone in the high half; of an IPv6 address that half is the /64.
            if (session.From.Family == source.Family && session.From.AddressHigh == source.AddressHigh)
                ofSource++;
        }

        return all < MaxUnfinished && ofSource < MaxUnfinishedOfSource;
    }

    internal void Add(ServerSession session) => _sessions.Add(session.Id, session);

    /// <summary>Makes room among those that are finished: the first to expire goes, one that waits for a person last.</summary>
    internal void TrimFinished()
    {
        var finished = _sessions.Values.Where(session => session.State is SessionState.Waiting or SessionState.Decided).ToList();
        foreach (var session in finished.OrderBy(session => session.State == SessionState.Waiting).ThenBy(session => session.Expires).Take(finished.Count - MaxFinished))
            Remove(session);
    }

    /// <summary>Who asks again for the last word gets no answer any more.</summary>
    internal void RemoveDecided(PublicKey client)
    {
        foreach (var session in _sessions.Values.Where(session => session.State == SessionState.Decided && session.Client == client).ToList())
            Remove(session);
    }

    internal void Remove(ServerSession session)
    {
        _sessions.Remove(session.Id);
        session.Dispose();
    }
}
