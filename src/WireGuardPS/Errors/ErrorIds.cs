namespace WireGuard.Errors;

/// <summary>
/// Every ErrorId of the module: the first part of FullyQualifiedErrorId, stable, for scripts. about_WireGuard lists
/// them; a test holds the two together.
/// </summary>
internal static class ErrorIds
{
    internal const string AccessDenied = nameof(AccessDenied);
    internal const string AddressInUse = nameof(AddressInUse);
    internal const string ConfigInvalid = nameof(ConfigInvalid);
    internal const string ConfigNotFound = nameof(ConfigNotFound);
    internal const string CryptoUnavailable = nameof(CryptoUnavailable);
    internal const string EndpointUnresolved = nameof(EndpointUnresolved);
    internal const string EngineAccessDenied = nameof(EngineAccessDenied);
    internal const string EngineConnectionLost = nameof(EngineConnectionLost);
    internal const string EngineFailed = nameof(EngineFailed);
    internal const string EngineNotFound = nameof(EngineNotFound);
    internal const string EngineProtocolError = nameof(EngineProtocolError);
    internal const string EngineTimeout = nameof(EngineTimeout);
    internal const string EngineVersionMismatch = nameof(EngineVersionMismatch);
    internal const string EnrollmentNotFound = nameof(EnrollmentNotFound);
    internal const string EnrollmentRefused = nameof(EnrollmentRefused);
    internal const string FileExists = nameof(FileExists);
    internal const string HandshakeTimeout = nameof(HandshakeTimeout);
    internal const string HookFailed = nameof(HookFailed);
    internal const string HostNetworkFailed = nameof(HostNetworkFailed);
    internal const string HostNotFound = nameof(HostNotFound);
    internal const string InvalidAllowedIP = nameof(InvalidAllowedIP);
    internal const string InvalidEndpoint = nameof(InvalidEndpoint);
    internal const string InvalidInvitation = nameof(InvalidInvitation);
    internal const string InvalidKey = nameof(InvalidKey);
    internal const string InvalidTunnelName = nameof(InvalidTunnelName);
    internal const string InvalidValue = nameof(InvalidValue);
    internal const string JoinRefused = nameof(JoinRefused);
    internal const string JoinTimeout = nameof(JoinTimeout);
    internal const string NotServed = nameof(NotServed);
    internal const string NotRestartable = nameof(NotRestartable);
    internal const string PeerExists = nameof(PeerExists);
    internal const string PeerNotFound = nameof(PeerNotFound);
    internal const string SaveFailed = nameof(SaveFailed);
    internal const string ServerNotTrusted = nameof(ServerNotTrusted);
    internal const string ServiceFailed = nameof(ServiceFailed);
    internal const string Starting = nameof(Starting);
    internal const string StateUnusable = nameof(StateUnusable);
    internal const string TopologyInvalid = nameof(TopologyInvalid);
    internal const string TunNotAvailable = nameof(TunNotAvailable);
    internal const string TunnelExists = nameof(TunnelExists);
    internal const string TunnelNotFound = nameof(TunnelNotFound);
    internal const string WindowOpen = nameof(WindowOpen);
    internal const string WrongCode = nameof(WrongCode);
    internal const string WriteFailed = nameof(WriteFailed);
}
