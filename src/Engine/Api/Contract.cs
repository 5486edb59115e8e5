namespace WireGuard.Api;

/// <summary>
/// Names and numbers of the control protocol: newline-delimited JSON-RPC 2.0 over an AF_UNIX stream socket, one
/// request, response or notification a line, UTF-8. docs/control-protocol.md is its description for clients.
/// </summary>
public static class ControlProtocol
{
    /// <summary>Raised by one whenever an old client could no longer work, or an old engine would do what a new client did not ask for; told in the greeting.</summary>
    public const int Version = 2;

    /// <summary>Directory of control sockets, mode 0700; a tunnel's is NAME.sock in it, mode 0600.</summary>
    public const string DefaultDirectory = "/run/wireguard-engine";

    /// <summary>Directory of the cross-platform configuration protocol's sockets, as wg(8) looks for them.</summary>
    public const string UapiDirectory = "/var/run/wireguard";

    /// <summary>Overrides <see cref="DefaultDirectory"/>; the engine and the module both heed it.</summary>
    public const string DirectoryVariable = "WIREGUARD_ENGINE_RUNTIME_DIR";

    /// <summary>One line, request or response, may not be longer than this many bytes.</summary>
    public const int MaxLineBytes = 64 * 1024 * 1024;

    public static string Directory => Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } chosen ? chosen : DefaultDirectory;

    public static string SocketPath(string tunnel) => Path.Combine(Directory, tunnel + ".sock");

    public static class Methods
    {
        /// <summary>Notification, server to client, first line of each connection: <see cref="Greeting"/>.</summary>
        public const string Greeting = "greeting";

        /// <summary>params <see cref="TunnelQuery"/>, result <see cref="TunnelInfo"/>.</summary>
        public const string TunnelGet = "tunnel.get";

        /// <summary>No params, result <see cref="EngineStatus"/>.</summary>
        public const string EngineStatus = "engine.status";

        /// <summary>params <see cref="PeerChangeRequest"/>, result <see cref="PeerInfo"/>; PeerExists if it is there with other values.</summary>
        public const string PeerAdd = "peer.add";

        /// <summary>params <see cref="PeerChangeRequest"/>, result <see cref="PeerInfo"/>; PeerNotFound if it is not there.</summary>
        public const string PeerSet = "peer.set";

        /// <summary>params <see cref="PeerRemoveRequest"/>, result <see cref="PeerInfo"/> as it was; PeerNotFound if it is not there.</summary>
        public const string PeerRemove = "peer.remove";

        /// <summary>params <see cref="SyncRequest"/>, result <see cref="SyncResult"/>.</summary>
        public const string TunnelSync = "tunnel.sync";

        /// <summary>params <see cref="SaveQuery"/>, result <see cref="SaveResult"/>.</summary>
        public const string TunnelSave = "tunnel.save";

        /// <summary>params <see cref="EnrollmentOpenRequest"/>, result <see cref="EnrollmentOpened"/>; WindowOpen if one is open.</summary>
        public const string EnrollmentOpen = "enrollment.open";

        /// <summary>No params, result <see cref="EnrollmentClosed"/>.</summary>
        public const string EnrollmentClose = "enrollment.close";

        /// <summary>No params, result <see cref="EnrollmentStatus"/>.</summary>
        public const string EnrollmentStatus = "enrollment.status";

        /// <summary>params <see cref="EnrollmentClientChoice"/>, result <see cref="EnrolledPeerInfo"/>; EnrollmentNotFound if nobody waits so.</summary>
        public const string EnrollmentApprove = "enrollment.approve";

        /// <summary>params <see cref="EnrollmentClientChoice"/>, result <see cref="WaitingPeerInfo"/> as it was; EnrollmentNotFound if nobody waits so.</summary>
        public const string EnrollmentDeny = "enrollment.deny";

        /// <summary>params <see cref="EnrollmentInviteRequest"/>, result <see cref="EnrollmentInvite"/>.</summary>
        public const string EnrollmentInvite = "enrollment.invite";

        /// <summary>params <see cref="EnrollmentInviteId"/>, result <see cref="EnrollmentInviteInfo"/> as it was; EnrollmentNotFound if there is none.</summary>
        public const string EnrollmentRevokeInvite = "enrollment.revokeInvite";

        /// <summary>params <see cref="PeerKey"/>, result <see cref="EnrolledPeerInfo"/> as it was; PeerNotFound if it has not joined.</summary>
        public const string EnrollmentRevokePeer = "enrollment.revokePeer";

        /// <summary>params <see cref="EnrollmentReservationRequest"/>, result <see cref="EnrollmentReservationInfo"/>, all that is kept for it.</summary>
        public const string EnrollmentReserve = "enrollment.reserve";

        /// <summary>params <see cref="EnrollmentReservationChoice"/>, result <see cref="EnrollmentReservationInfo"/> as it was; EnrollmentNotFound if nothing is.</summary>
        public const string EnrollmentUnreserve = "enrollment.unreserve";

        /// <summary>No params, result <see cref="Done"/>; the engine answers, then takes the tunnel down and exits.</summary>
        public const string TunnelStop = "tunnel.stop";

        /// <summary>No params, result <see cref="Done"/>; from then on <see cref="Event"/> notifications come.</summary>
        public const string EventsSubscribe = "events.subscribe";

        /// <summary>Notification, server to client: <see cref="EngineEvent"/>.</summary>
        public const string Event = "event";
    }
}

/// <summary>JSON-RPC error codes: the standard's own and ours. The symbolic name travels in error.data.id.</summary>
public enum ControlErrorCode
{
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    InternalError = -32603,
    PeerExists = -32001,
    PeerNotFound = -32002,
    InvalidValue = -32003,
    AddressInUse = -32004,
    EndpointUnresolved = -32005,
    AccessDenied = -32006,
    HostNetworkFailed = -32007,

    /// <summary>The tunnel is not ready yet: it can be looked at and stopped, but not changed.</summary>
    Starting = -32008,

    /// <summary>The configuration file was not written; it is as it was.</summary>
    SaveFailed = -32009,

    /// <summary>The tunnel has no enrollment server.</summary>
    NotServed = -32010,

    /// <summary>A window is open; two never are.</summary>
    WindowOpen = -32011,

    /// <summary>No client waits that is called so, or there is no such invitation or reservation.</summary>
    EnrollmentNotFound = -32012,

    /// <summary>The server's state does not allow it: no address left, somebody else's, too many invitations, no room on the disk.</summary>
    EnrollmentRefused = -32013,
}
