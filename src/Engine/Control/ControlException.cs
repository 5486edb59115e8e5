using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>A request that is answered with an error. The message goes to the client: never a secret in it.</summary>
/// <param name="member">The member of params that is to blame, or null.</param>
public sealed class ControlException(ControlErrorCode code, string message, string? member = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ControlErrorCode Code { get; } = code;

    public string? Member { get; } = member;

    internal static ControlException InvalidValue(string member, string problem) =>
        new(ControlErrorCode.InvalidValue, $"{member}: {problem}", member);

    internal static ControlException From(DeviceChangeException e) => new(
        e.Error switch
        {
            DeviceChangeError.PeerExists => ControlErrorCode.PeerExists,
            DeviceChangeError.PeerNotFound => ControlErrorCode.PeerNotFound,
            DeviceChangeError.AddressInUse => ControlErrorCode.AddressInUse,
            DeviceChangeError.AccessDenied => ControlErrorCode.AccessDenied,
            DeviceChangeError.SocketFailed => ControlErrorCode.HostNetworkFailed,
            _ => ControlErrorCode.InvalidValue,
        },
        e.Message,
        inner: e);
}
