using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Service;

/// <summary>systemd, where it runs: told by its own program, which comes with it.</summary>
/// <param name="searchPath">Folders of programs, with colons between them.</param>
/// <param name="sign">A folder that is there while it runs (sd_booted(3)).</param>
internal sealed class SystemManager(string searchPath, string sign = "/run/systemd/system")
{
    // As long as a unit may take to start, and some.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(7);

    public static SystemManager Current => new(HostResolver.SearchPath);

    private HostProgram? Program { get; } = Directory.Exists(sign) ? HostProgram.Find("systemctl", searchPath) : null;

    /// <summary>False: units can be written, and count when the machine has been started with systemd.</summary>
    public bool IsRunning => Program is not null;

    /// <summary>It runs, or comes and goes: also one that waits to be started again.</summary>
    public bool IsActive(string unit)
    {
        try
        {
            return Program?.Run("", ["show", "--value", "--property=ActiveState", unit]).Trim() is "active" or "activating" or "deactivating" or "reloading";
        }
        catch (HostNetworkException)
        {
            return false;
        }
    }

    /// <exception cref="HostNetworkException">It complained.</exception>
    public void Reload() => Program?.Run("having systemd read its units", ["daemon-reload"]);

    /// <exception cref="HostNetworkException">It complained.</exception>
    public void Start(string unit) => Program?.Run($"starting {unit}", ["start", unit], s_patience);

    /// <exception cref="HostNetworkException">It complained.</exception>
    public void Stop(string unit) => Program?.Run($"stopping {unit}", ["stop", unit], s_patience);
}
