namespace WireGuard.Engine.Hosting;

/// <summary>What the end of a tunnel comes from, and so what of it stays. Of several the last of these counts.</summary>
public enum EndCause
{
    /// <summary>It came about without anybody saying so: what protects the host stays, and whoever watches over the tunnel may start it again.</summary>
    Happened,

    /// <summary>A service manager ends the process, maybe to start it again at once: what protects the host stays.</summary>
    Manager,

    /// <summary>Somebody wants the tunnel gone, and all of it.</summary>
    Wanted,
}
