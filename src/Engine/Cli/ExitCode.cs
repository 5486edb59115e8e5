namespace WireGuard.Engine.Cli;

/// <summary>What wireguard-engine returns to the shell.</summary>
public enum ExitCode
{
    Ok = 0,

    /// <summary>It failed; standard error says why.</summary>
    Error = 1,

    /// <summary>The command line was wrong.</summary>
    Usage = 2,

    /// <summary>Root, or CAP_NET_ADMIN, is needed.</summary>
    NoPermission = 3,

    /// <summary>No such tunnel or configuration file.</summary>
    NotFound = 4,

    /// <summary>A tunnel of that name runs already.</summary>
    Exists = 5,

    /// <summary>It was not done in time.</summary>
    Timeout = 6,

    /// <summary>Something that this machine lacks: /dev/net/tun, libsodium.</summary>
    NotAvailable = 7,

    /// <summary>The configuration file has errors.</summary>
    ConfigInvalid = 8,
}
