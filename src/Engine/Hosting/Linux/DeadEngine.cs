using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>What an engine has left behind that was killed: sockets, and what it had changed on the host.</summary>
internal static class DeadEngine
{
    /// <param name="isAlive">Asked once nobody else can change anything.</param>
    /// <returns>How many changes to the host were taken back; null: the engine is alive, and nothing was touched.</returns>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    public static int? CleanUp(string tunnel, EngineLog log, Func<bool> isAlive)
    {
        if (!Directory.Exists(ControlProtocol.Directory))
            return 0;
        if (InterfaceConfigurator.TakeBackLeftovers(tunnel, ControlProtocol.Directory, log, isAlive) is not { } count)
            return null;
        UnixSocketListener.RemoveStale(UnixSocketListener.PathFor(ControlProtocol.UapiDirectory, tunnel));
        UnixSocketListener.RemoveStale(UnixSocketListener.PathFor(ControlProtocol.Directory, tunnel));
        return count;
    }
}
