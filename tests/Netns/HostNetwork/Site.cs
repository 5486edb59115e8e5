using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>A host with a bridge and two containers on it, as Docker makes them; the host is their way to everywhere.</summary>
internal sealed class Site : IDisposable
{
    public const string Bridge = "br0";

    private readonly List<NetworkNamespace> _containers = [];

    /// <param name="number">Of its networks: 10.80.NUMBER.0/24, fd80:NUMBER::/64.</param>
    public Site(Host host, int number)
    {
        (Host, Number) = (host, number);
        host.Namespace.Ip("link", "add", Bridge, "type", "bridge");
        host.Namespace.Ip("addr", "add", $"10.80.{number}.1/24", "dev", Bridge);
        host.Namespace.Ip("addr", "add", $"fd80:{number}::1/64", "dev", Bridge, "nodad");
        host.Namespace.Ip("link", "set", Bridge, "up");
        try
        {
            Add(11);
            Add(12);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Host Host { get; }

    public IReadOnlyList<NetworkNamespace> Containers => _containers;

    /// <summary>For the other end's AllowedIPs.</summary>
    public string Networks => $"10.80.{Number}.0/24, fd80:{Number}::/64";

    private int Number { get; }

    /// <param name="container">0 or 1.</param>
    public string Address(int container, bool ipv6 = false) => ipv6 ? $"fd80:{Number}::{container + 11}" : $"10.80.{Number}.{container + 11}";

    /// <summary>Fragments that the host or a container has made or put together again, of both families.</summary>
    public long Fragments() => _containers.Append(Host.Namespace).Sum(netns => netns.Run("cat", "/proc/net/snmp", "/proc/net/snmp6").Output is var text
        ? Column(text, "FragCreates") + Column(text, "ReasmReqds") + Line(text, "Ip6FragCreates") + Line(text, "Ip6ReasmReqds")
        : 0);

    public void Dispose()
    {
        foreach (var container in _containers)
            container.Dispose();
    }

    private void Add(int last)
    {
        var container = NetworkNamespace.Create();
        _containers.Add(container);
        Host.Namespace.ConnectTo(container, $"port{last}", [], "eth0", [$"10.80.{Number}.{last}/24", $"fd80:{Number}::{last}/64"]);
        Host.Namespace.Ip("link", "set", $"port{last}", "master", Bridge);
        container.Ip("route", "add", "default", "via", $"10.80.{Number}.1");
        container.Ip("-6", "route", "add", "default", "via", $"fd80:{Number}::1");
    }

    private static long Column(string text, string name)
    {
        var lines = text.Split('\n').Where(line => line.StartsWith("Ip: ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)]);
    }

    private static long Line(string text, string name) =>
        long.Parse(text.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "\t", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
}
