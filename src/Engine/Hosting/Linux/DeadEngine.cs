using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>What an engine has left behind that was killed: sockets, and what it had changed on the host.</summary>
internal static class DeadEngine
{
    /// <summary>A kill switch that an engine of the tunnel has closed, alive or dead; null: none, or that cannot be told.</summary>
    public static LeftKillSwitch? FindKillSwitch(string tunnel)
    {
        try
        {
            return Directory.Exists(ControlProtocol.Directory) ? InterfaceConfigurator.FindKillSwitch(tunnel, ControlProtocol.Directory) : null;
        }
        catch (HostNetworkException)
        {
            // The start itself says so.
            return null;
        }
    }

    /// <summary>An engine of the tunnel listens, or it cannot be told that none does.</summary>
    public static bool IsAlive(string tunnel) => UnixSocketListener.IsAnswered(UnixSocketListener.PathFor(ControlProtocol.Directory, tunnel));

    /// <summary>One that an engine has left closed is closed from here on, whatever somebody else has made of it since; unless the engine lives.</summary>
    /// <exception cref="HostNetworkException"/>
    public static void CloseAgain(string tunnel, string stateDirectory, HostChoices choices, EngineLog log)
    {
        if (Directory.Exists(stateDirectory))
            InterfaceConfigurator.CloseAgain(tunnel, stateDirectory, log, () => UnixSocketListener.IsAnswered(UnixSocketListener.PathFor(stateDirectory, tunnel)), choices);
    }

    /// <param name="closed">What a kill switch that is closed still lets pass; null: it is opened.</param>
    /// <returns>How many changes to the host were taken back; null: the engine is alive, and nothing was touched.</returns>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    public static int? CleanUp(string tunnel, EngineLog log, HostChoices? closed = null)
    {
        if (!Directory.Exists(ControlProtocol.Directory))
            return 0;
        if (InterfaceConfigurator.TakeBackLeftovers(tunnel, ControlProtocol.Directory, log, () => IsAlive(tunnel), closed) is not { } count)
            return null;
        // An engine that ended in order took its own sockets along. What is left then was handed to it, and is its maker's.
        var control = UnixSocketListener.PathFor(ControlProtocol.Directory, tunnel);
        if (!File.Exists(control))
            return count;
        UnixSocketListener.RemoveStale(UnixSocketListener.PathFor(ControlProtocol.UapiDirectory, tunnel));
        UnixSocketListener.RemoveStale(control);
        return count;
    }
}
