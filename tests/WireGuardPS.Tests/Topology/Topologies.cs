using WireGuard.Configuration;
using WireGuard.Topologies;

namespace WireGuard.Tests.Topology;

/// <summary>Texts of topologies and what reading them brings.</summary>
internal static class Topologies
{
    /// <summary>A public key that is another for each number.</summary>
    internal static string Key(int number) => Convert.ToBase64String([.. Enumerable.Repeat((byte)number, 32)]);

    /// <summary>The text of hosts with an address each, 10.0.0.1 and so on, and all of them but those named with an endpoint.</summary>
    internal static string Hosts(string names, string withoutEndpoint = "", string more = "")
    {
        var text = "hosts:\n";
        foreach (var (name, index) in names.Split(' ').Select((name, index) => (name, index)))
        {
            text += $"  {name}:\n    address: 10.0.0.{index + 1}/24\n    publicKey: {Key(index + 1)}\n";
            if (!withoutEndpoint.Split(' ').Contains(name))
                text += $"    endpoint: {name}.example:51820\n";
        }

        return text + more;
    }

    internal static (TopologyFile File, IReadOnlyList<ConfigDiagnostic> Diagnostics) Read(string text)
    {
        var diagnostics = new DiagnosticBag("site.yaml");
        var file = TopologyFile.Parse(text, diagnostics);
        if (file.Hosts is not null && !diagnostics.HasErrors)
            _ = new TopologyPlan(file.Hosts, diagnostics);
        return (file, diagnostics.ToList());
    }

    /// <summary>"berlin: paris 10.0.0.2/32, 192.168.0.0/24 | rome 10.0.0.3/32" for each host.</summary>
    internal static string[] Ways(string text)
    {
        var (file, found) = Read(text);
        Assert.DoesNotContain(found, d => d.Severity == ConfigSeverity.Error);
        var plan = new TopologyPlan(file.Hosts!, new DiagnosticBag(null));
        return [.. plan.Hosts.Select(host => $"{host.Name.Value}: " + string.Join(" | ", plan.Ways[host].Select(way => $"{way.Peer.Name.Value} {string.Join(", ", way.Prefixes)}")))];
    }
}
