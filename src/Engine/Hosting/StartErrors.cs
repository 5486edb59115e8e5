using System.Net.Sockets;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Tun;

namespace WireGuard.Engine.Hosting;

/// <summary>Gives every failure of a start its stable id.</summary>
internal static class StartErrors
{
    private const string NeedsRoot = "A tunnel needs root or CAP_NET_ADMIN.";

    public static StartException From(Exception failure) => failure switch
    {
        StartException known => known,
        OperationCanceledException => new StartException(StartErrorId.EngineFailed, $"The engine was stopped before it was ready.{WhatItWaitedFor(failure)}", failure),
        CryptoUnavailableException => new StartException(StartErrorId.CryptoUnavailable, failure.Message, failure),
        UnixSocketException socket => FromSocket(socket),
        TunException tun => new StartException(IdOf(tun.Error), tun.Message, tun),
        DeviceChangeException change => new StartException(IdOf(change.Error), change.Message, change),
        HostNetworkException => new StartException(IsDenied(failure) ? StartErrorId.AccessDenied : StartErrorId.HostNetworkFailed, failure.Message, failure),
        _ when IsDenied(failure) => new StartException(StartErrorId.AccessDenied, $"{failure.Message.TrimEnd('.')}. {NeedsRoot}", failure),
        _ => new StartException(StartErrorId.EngineFailed, $"The engine failed to start: {failure.GetType().Name}: {failure.Message}", failure),
    };

    /// <summary>A sentence with a space before it, or nothing.</summary>
    public static string WhatItWaitedFor(Exception failure) => failure is ResolutionCanceledException ? " " + failure.Message : "";

    private static StartException FromSocket(UnixSocketException failure) =>
        failure.Error == UnixSocketError.TunnelExists ? new StartException(StartErrorId.TunnelExists, failure.Message, failure)
        : IsDenied(failure) ? new StartException(StartErrorId.AccessDenied, $"{failure.Message.TrimEnd('.')}. {NeedsRoot}", failure)
        : new StartException(StartErrorId.EngineFailed, failure.Message, failure);

    private static StartErrorId IdOf(TunError error) => error switch
    {
        TunError.NameInUse => StartErrorId.TunnelExists,
        TunError.AccessDenied => StartErrorId.AccessDenied,
        TunError.NotAvailable => StartErrorId.TunNotAvailable,
        _ => StartErrorId.EngineFailed,
    };

    private static StartErrorId IdOf(DeviceChangeError error) => error switch
    {
        DeviceChangeError.AddressInUse => StartErrorId.AddressInUse,
        DeviceChangeError.AccessDenied => StartErrorId.AccessDenied,
        _ => StartErrorId.EngineFailed,
    };

    private static bool IsDenied(Exception? failure) => failure switch
    {
        null => false,
        UnauthorizedAccessException => true,
        SocketException { SocketErrorCode: SocketError.AccessDenied } => true,
        // The HResult of an IOException on Unix is errno.
        IOException { HResult: Errno.EPERM or Errno.EACCES } => true,
        LinuxException { ErrorCode: Errno.EPERM or Errno.EACCES } => true,
        _ => IsDenied(failure.InnerException),
    };
}
