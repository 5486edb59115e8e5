using System.Management.Automation;
using WireGuard.Configuration;
using WireGuard.Errors;
using WireGuard.Topologies;

namespace WireGuard.Commands;

/// <summary>New-WgMesh: the configuration of each of several hosts that are all linked with each other.</summary>
[Cmdlet(VerbsCommon.New, "WgMesh")]
[OutputType(typeof(WgConfig))]
public sealed class NewWgMeshCommand : TopologyCommand
{
    private readonly DiagnosticBag _diagnostics = new(null);
    private readonly List<TopologyHost> _hosts = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Addresses in the tunnel with their prefix length; of one host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Addresses")]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] Address { get; set; } = [];

    /// <summary>A prefix: who has no address gets the next of it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Subnet { get; set; }

    /// <summary>HOST:PORT where the others find it; of one host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Endpoint { get; set; }

    /// <summary>UDP port; the endpoint's unless given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public ushort? ListenPort { get; set; }

    /// <summary>Prefixes behind it; of one host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Networks")]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] Network { get; set; } = [];

    /// <summary>Base64; of one host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? PublicKey { get; set; }

    protected override void ProcessRecord()
    {
        var arguments = new TopologyArguments(_diagnostics);
        if (Name.Length > 1 && (Address is { Length: > 0 } || Network is { Length: > 0 } || !string.IsNullOrWhiteSpace(Endpoint + PublicKey)))
            _diagnostics.Error("InvalidValue", default, "-Address, -Endpoint, -Network and -PublicKey are one host's; -Name names several.");
        foreach (var name in Name)
            _hosts.Add(arguments.Host(name, Address ?? [], Network ?? [], Endpoint, ListenPort, PublicKey));
    }

    protected override void EndProcessing()
    {
        try
        {
            var hosts = WithAddresses();
            var topology = new Topology(hosts, [new TopologyLink(TopologyLinkKind.FullMesh, null, hosts, default)]);
            CheckNames(hosts);
            if (hosts.Count < 2)
                _diagnostics.Error("TooFewHosts", default, "A mesh has two hosts or more.");
            if (!_diagnostics.HasErrors)
                TopologyCheck.Run(topology, _diagnostics);
            Emit(topology, _ => true, null, _diagnostics);
        }
        catch (WgException e)
        {
            ThrowError(e, null);
        }
    }

    private List<TopologyHost> WithAddresses()
    {
        using var free = Subnet is null
            ? null
            : new TopologyArguments(_diagnostics).Free(Subnet, _hosts.SelectMany(host => host.Addresses).Select(a => a.Value.Address).ToHashSet()).GetEnumerator();
        return _hosts.ConvertAll(host =>
        {
            if (host.Addresses.Count > 0)
                return host;
            if (free?.MoveNext() == true)
                return host.With(free.Current);
            if (!_diagnostics.HasErrors)
                _diagnostics.Error("MissingAddress", default, Subnet is null ? $"{host} has no address; -Subnet gives one to each." : $"There is no address left in {Subnet} for {host}.");
            return host;
        });
    }

    private void CheckNames(List<TopologyHost> hosts)
    {
        foreach (var twice in hosts.GroupBy(host => host.Name.Value, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            _diagnostics.Error("DuplicateHost", default, $"{twice.Count()} hosts are named {ShownText.Quote(twice.Key)}.");
    }
}
