namespace WireGuard.Engine.Control;

public enum UnixSocketError
{
    /// <summary>Somebody answers at that path: the tunnel is running already.</summary>
    TunnelExists,

    /// <summary>The directory is a symbolic link, another user's, or writable by others.</summary>
    UnsafeDirectory,

    /// <summary>Something that is no socket has the path; it is left alone.</summary>
    PathOccupied,

    /// <summary>The system refused; the inner exception says why.</summary>
    SystemRefused,
}

/// <summary>A socket that could not be opened. The message names the path and is meant for people.</summary>
public sealed class UnixSocketException(UnixSocketError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public UnixSocketError Error { get; } = error;
}
