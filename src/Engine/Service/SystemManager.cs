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

    public bool IsActive(string unit)
    {
        try
        {
            Program?.Run("", ["--quiet", "is-active", unit]);
            return Program is not null;
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
