using System.Management.Automation;

namespace WireGuard.Errors;

/// <param name="Category">What PowerShell shows and `-ErrorAction` handlers switch on.</param>
/// <param name="RecommendedAction">A sentence that tells the administrator what to do.</param>
internal readonly record struct ErrorKind(ErrorCategory Category, string RecommendedAction);

/// <summary>Category and advice of each <see cref="ErrorIds"/> member.</summary>
internal static class ErrorCatalog
{
    /// <summary>Ids that are not the catalogue's own (a newer engine's) count as EngineFailed.</summary>
    internal static string Known(string? id) => id is not null && TryGet(id, out _) ? id : ErrorIds.EngineFailed;

    internal static ErrorKind Get(string id)
    {
        TryGet(Known(id), out var kind);
        return kind;
    }

    /// <summary>What to do: in this very case, or whenever there is such an error.</summary>
    internal static string AdviceFor(WgException exception) => exception.Advice ?? Get(exception.ErrorId).RecommendedAction;

    internal static bool TryGet(string id, out ErrorKind kind)
    {
        ErrorKind? found = id switch
        {
            ErrorIds.AccessDenied => new(ErrorCategory.PermissionDenied, "Run PowerShell as root, or give the engine CAP_NET_ADMIN."),
            ErrorIds.AddressInUse => new(ErrorCategory.ResourceBusy, "Choose another ListenPort, or stop what listens on it (ss -lunp)."),
            ErrorIds.ConfigInvalid => new(ErrorCategory.ParserError, "Correct the named lines; Test-WgConfig -Detailed lists them all as objects."),
            ErrorIds.ConfigNotFound => new(ErrorCategory.ObjectNotFound, "Check the path, which begins at the current location; where a tunnel's name will do, NAME means /etc/wireguard/NAME.conf."),
            ErrorIds.CryptoUnavailable => new(ErrorCategory.NotInstalled, "Install libsodium (Debian, Ubuntu: apt-get install libsodium23)."),
            ErrorIds.EndpointUnresolved => new(ErrorCategory.ObjectNotFound, "Check the endpoint's host name and this machine's DNS."),
            ErrorIds.EngineAccessDenied => new(ErrorCategory.PermissionDenied, "Control sockets belong to root: run PowerShell as root."),
            ErrorIds.EngineConnectionLost => new(ErrorCategory.ConnectionError, "See whether the engine still runs (Get-WgTunnel) and what it logged."),
            ErrorIds.EngineFailed => new(ErrorCategory.NotSpecified, "Run 'wireguard-engine run FILE' in the foreground to see its log."),
            ErrorIds.EngineNotFound => new(ErrorCategory.NotInstalled, "Put wireguard-engine into the module's engine folder, or set $env:WIREGUARD_ENGINE to its path."),
            ErrorIds.EngineProtocolError => new(ErrorCategory.ProtocolError, "See whether the socket belongs to wireguard-engine; restart the tunnel."),
            ErrorIds.SaveFailed => new(ErrorCategory.WriteError, "The file is as it was; the message says what to change, in it or in whom it belongs to."),
            ErrorIds.ServerNotTrusted => new(ErrorCategory.SecurityError, "Have a new code shown, or a new invitation made, before you try again: the one that was used may be known to somebody else."),
            ErrorIds.ServiceFailed => new(ErrorCategory.InvalidResult, "The message has systemd's or the system's own words; 'systemctl status wireguard-engine@NAME' and 'journalctl -u wireguard-engine@NAME' say more."),
            ErrorIds.Starting => new(ErrorCategory.ResourceBusy, "Try again when Get-WgTunnel shows that the tunnel is up; its log says what it waits for."),
            ErrorIds.EngineTimeout => new(ErrorCategory.OperationTimeout, "The tunnel's log in /run/wireguard-engine says what the engine waited for; -Timeout waits longer where offered."),
            ErrorIds.EngineVersionMismatch => new(ErrorCategory.InvalidOperation, "Use the module that belongs to the engine, or restart the tunnel with this module's engine."),
            ErrorIds.EnrollmentNotFound => new(ErrorCategory.ObjectNotFound, "Get-WgEnrollment lists who waits, which invitations there are, and what is reserved."),
            ErrorIds.EnrollmentRefused => new(ErrorCategory.LimitsExceeded, "The message names what is used up or somebody else's: addresses, invitations, room on the disk."),
            ErrorIds.FileExists => new(ErrorCategory.ResourceExists, "Choose another name; -Force writes over the file."),
            ErrorIds.HandshakeTimeout => new(ErrorCategory.OperationTimeout, "Test-WgTunnel -Detailed says what may be wrong; a peer without PersistentKeepalive shakes hands when something is sent to it."),
            ErrorIds.HookFailed => new(ErrorCategory.InvalidResult, "A command of the file (PreUp, PostUp) failed; the engine's log holds what it said. The start was taken back."),
            ErrorIds.HostNetworkFailed => new(ErrorCategory.InvalidResult, "The message names what the system refused: an address, a route, the link, name servers; see 'ip address' and 'ip route'."),
            ErrorIds.HostNotFound => new(ErrorCategory.ObjectNotFound, "The names of hosts are the keys under hosts in the topology file."),
            ErrorIds.InvalidAllowedIP => new(ErrorCategory.InvalidArgument, "Write prefixes as 10.0.0.2/32 or 2001:db8::/64."),
            ErrorIds.InvalidEndpoint => new(ErrorCategory.InvalidArgument, "Write endpoints as host:port, 192.0.2.1:51820 or [2001:db8::1]:51820."),
            ErrorIds.InvalidInvitation => new(ErrorCategory.InvalidArgument, "Have a new invitation made (New-WgInvite), and copy it whole."),
            ErrorIds.InvalidKey => new(ErrorCategory.InvalidArgument, "New-WgKey and New-WgPresharedKey make keys; Get-WgPublicKey gives the public key of a private one."),
            ErrorIds.InvalidTunnelName => new(ErrorCategory.InvalidArgument, "Names have 1 to 15 of the characters a-z A-Z 0-9 _ = + . -"),
            ErrorIds.InvalidValue => new(ErrorCategory.InvalidArgument, "Correct the value that the message names."),
            ErrorIds.JoinRefused => new(ErrorCategory.PermissionDenied, "The server's Get-WgEnrollment and its log say more; a new window or invitation may be needed."),
            ErrorIds.JoinTimeout => new(ErrorCategory.OperationTimeout, "See that a window is open (or the invitation good), that the port is right, and that UDP gets through; -Timeout tries longer."),
            ErrorIds.NotServed => new(ErrorCategory.InvalidOperation, "Only a tunnel started by Start-WgEnrollmentServer ('wireguard-engine serve') takes enrollments."),
            ErrorIds.NotRestartable => new(ErrorCategory.InvalidOperation, "Whoever runs it restarts it, as 'systemctl restart wireguard-engine@NAME'; or Stop-WgTunnel and Start-WgTunnel with the options that it is to have."),
            ErrorIds.PeerExists => new(ErrorCategory.ResourceExists, "Change it with Set-WgPeer, or remove it first."),
            ErrorIds.PeerNotFound => new(ErrorCategory.ObjectNotFound, "Get-WgPeer lists the peers; Add-WgPeer adds one."),
            ErrorIds.StateUnusable => new(ErrorCategory.InvalidData, "The message says what is wrong with the state in /var/lib/wireguard-engine; bring back a copy of it, or set it aside."),
            ErrorIds.TopologyInvalid => new(ErrorCategory.ParserError, "Correct what the message names, with line and column; about_WireGuard_Topology explains every key."),
            ErrorIds.TunNotAvailable => new(ErrorCategory.ResourceUnavailable, "Load the tun module (modprobe tun) and see that /dev/net/tun exists and may be opened."),
            ErrorIds.TunnelExists => new(ErrorCategory.ResourceExists, "Get-WgTunnel shows it; Stop-WgTunnel stops it."),
            ErrorIds.TunnelNotFound => new(ErrorCategory.ObjectNotFound, "Get-WgTunnel lists running tunnels; Start-WgTunnel starts one."),
            ErrorIds.WindowOpen => new(ErrorCategory.ResourceExists, "Close it with Close-WgEnrollment, or wait until it has closed."),
            ErrorIds.WriteFailed => new(ErrorCategory.WriteError, "The message has the system's own words; see that the folder is there and has room."),
            ErrorIds.WrongCode => new(ErrorCategory.AuthenticationError, "Look at the code again: the third wrong one closes the window."),
            _ => null,
        };
        kind = found.GetValueOrDefault();
        return found is not null;
    }
}
