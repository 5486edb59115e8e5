using System.Net;
using System.Net.NetworkInformation;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Engine.Cli;

/// <summary>Which names a join may have on this host, and which are somebody else's.</summary>
internal static class JoinNames
{
    /// <summary>Why a join cannot have the name, in a sentence; null: it can.</summary>
    /// <param name="file">What an earlier join has left there; null: the name would be new.</param>
    public static string? Objection(string tunnel, string? file)
    {
        using (var engine = ControlConnection.TryOpen(tunnel))
        {
            if (engine is not null)
                return ObjectionTo(engine.GetTunnel(), file);
        }

        if (file is not null)
            return null;
        if (ServedLocation.Exists(tunnel))
            return $"{tunnel} is a tunnel that others join, which `serve {tunnel}` starts.";
        // A start would open it.
        if (DeadEngine.FindKillSwitch(tunnel) is not null)
            return $"{tunnel} was ended by force and has left its kill switch, which `down {tunnel}` takes away.";
        return NetworkInterface.GetAllNetworkInterfaces().Any(link => link.Name == tunnel) ? $"There is an interface {tunnel} already." : null;
    }

    /// <summary>A tunnel that is up here and may take what is sent to a server; null: none does.</summary>
    /// <param name="besides">Is none of them.</param>
    public static string? InTheWay(HostEndpoint server, string besides)
    {
        foreach (var name in ControlConnection.SocketNames().Where(name => name != besides))
        {
            using var engine = ControlConnection.TryOpen(name);
            if (engine?.GetTunnel().Peers.Any(peer => peer.AllowedIPs.Any(Takes)) == true)
                return name;
        }

        return null;

        // Of a name it is not known here where it leads to.
        bool Takes(string prefix) => IPNetwork.TryParse(prefix, out var network)
            && (server.Literal is { } literal ? network.Contains(literal.Address) : network.PrefixLength == 0);
    }

    /// <summary>As <see cref="Objection"/>, to a name with whose tunnel an engine runs.</summary>
    public static string? ObjectionTo(TunnelInfo running, string? file) =>
        file is not null && running.ConfigPath == file ? null
        : running.Served ? $"{running.Name} is a tunnel that others join, and runs."
        : $"A tunnel {running.Name} runs already, {(running.ConfigPath is { } other ? $"as {other} says" : "of no file")}.";
}
