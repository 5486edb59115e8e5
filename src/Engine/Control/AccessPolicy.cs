namespace WireGuard.Engine.Control;

/// <summary>Who is at the other end of a connection, as the kernel vouches for it (SO_PEERCRED, unix(7)).</summary>
public readonly partial record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);

/// <summary>What a client may do, each including those before it.</summary>
public enum ClientAccess
{
    None,

    /// <summary>Look at everything but keys.</summary>
    Read,

    /// <summary>Change and end the tunnel.</summary>
    Change,

    /// <summary>See private and preshared keys.</summary>
    Full,
}

/// <summary>A group whose members may speak to a tunnel without being root. Keys they never see.</summary>
/// <param name="Id">Its number.</param>
/// <param name="MayChange">Not only look.</param>
public sealed record ControlGroup(uint Id, bool MayChange);

/// <summary>
/// Whom a socket serves, and with what: users that are named here, and a group's members. File modes keep the others out
/// already; this holds when somebody loosened them.
/// </summary>
public sealed class AccessPolicy(IEnumerable<uint> users, ControlGroup? group = null)
{
    private readonly uint[] _users = [.. users];

    public ControlGroup? Group => group;

    /// <param name="supplementaryGroups">Asked when nothing else tells.</param>
    public ClientAccess Of(PeerCredentials client, Func<IReadOnlyCollection<uint>> supplementaryGroups)
    {
        if (Array.IndexOf(_users, client.UserId) >= 0)
            return ClientAccess.Full;
        if (group is null || (client.GroupId != group.Id && !supplementaryGroups().Contains(group.Id)))
            return ClientAccess.None;
        return group.MayChange ? ClientAccess.Change : ClientAccess.Read;
    }
}
