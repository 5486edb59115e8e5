namespace WireGuard.Engine.Control;

/// <summary>Who is at the other end of a connection, as the kernel vouches for it (SO_PEERCRED, unix(7)).</summary>
public readonly partial record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);

/// <summary>
/// Whom a socket serves: a user or a group that is named here. File modes keep the others out already; this holds when
/// somebody loosened them.
/// </summary>
public sealed class AccessPolicy(IEnumerable<uint> users, IEnumerable<uint> groups)
{
    private readonly uint[] _users = [.. users];
    private readonly uint[] _groups = [.. groups];

    /// <param name="client">Its primary group is looked at, supplementary ones are not.</param>
    public bool Allows(PeerCredentials client) => Array.IndexOf(_users, client.UserId) >= 0 || Array.IndexOf(_groups, client.GroupId) >= 0;
}
