using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;
using WireGuard.Topologies;

namespace WireGuard.Commands;

/// <summary>Import-WgTopology: the configuration of each host of a YAML file.</summary>
[Cmdlet(VerbsData.Import, "WgTopology", DefaultParameterSetName = ByPath)]
[OutputType(typeof(WgConfig))]
public sealed class ImportWgTopologyCommand : TopologyCommand
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

    [Parameter(Mandatory = true, ParameterSetName = ByPath, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Hosts to emit; all unless given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TopologyHostCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Read the key files that the emitted hosts name, which are on this machine then.</summary>
    [Parameter]
    public SwitchParameter ReadPrivateKey { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
            Import(path, () => this.ToFilePaths(path));
        foreach (var path in LiteralPath)
            Import(path, () => [this.ToFilePath(path)]);
    }

    private void Import(string given, Func<IReadOnlyList<string>> findFiles)
    {
        try
        {
            foreach (var file in findFiles())
                Import(file);
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    private void Import(string file)
    {
        ConfigCheck.DemandReadable(file);
        var diagnostics = new DiagnosticBag(file);
        var (hosts, tunnel) = TopologyFile.Read(file, diagnostics);
        ThrowOnErrors(diagnostics);
        var files = ReadPrivateKey ? new TopologyKeyFiles(System.IO.Path.GetDirectoryName(file) ?? "") : null;
        if (hosts is not null)
            Emit(hosts, Wanted(hosts, file), files, diagnostics);
        else if (Wanted([tunnel!.Name.Value], file)(tunnel.Name.Value))
            Emit(tunnel, files, diagnostics);
    }

    private Func<TopologyHost, bool> Wanted(Topology hosts, string file)
    {
        var isWanted = Wanted([.. hosts.Hosts.Select(host => host.Name.Value)], file);
        return host => isWanted(host.Name.Value);
    }

    private Func<string, bool> Wanted(IReadOnlyList<string> names, string file)
    {
        if (Name is null)
            return _ => true;
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Name)
        {
            var found = NameChoice.Named(names, name, host => host);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(new WgException(ErrorIds.HostNotFound, $"There is no host {KeyLike.Quoted(name)} in '{file}'."), name);
            wanted.UnionWith(found);
        }

        return wanted.Contains;
    }

    private void Emit(LoneTunnel tunnel, TopologyKeyFiles? files, DiagnosticBag diagnostics)
    {
        using var config = WithKeys(tunnel, files, diagnostics);
        ThrowOnErrors(diagnostics);
        WriteWarnings(diagnostics);
        WriteObject(config.ToModel(tunnel.Name.Value));
    }

    private TunnelConfig WithKeys(LoneTunnel tunnel, TopologyKeyFiles? files, DiagnosticBag diagnostics)
    {
        if (files is null && tunnel.PresharedKeyFiles.Count > 0)
            diagnostics.Warning("NoPresharedKey", tunnel.PresharedKeyFiles.Values.First().Place, "Preshared keys are left out without -ReadPrivateKey; the other ends have them and will not answer without.");
        var section = tunnel.Config.Interface;
        var privateKey = tunnel.PrivateKeyFile is { } file && files is not null ? files.Read(file, diagnostics) : GenerateKey ? SecretKey.RandomPrivateKey() : null;
        return new TunnelConfig
        {
            Interface = new InterfaceSection
            {
                PrivateKey = privateKey,
                ListenPort = section.ListenPort,
                FwMark = section.FwMark,
                Addresses = section.Addresses,
                DnsServers = section.DnsServers,
                DnsSearchDomains = section.DnsSearchDomains,
                Mtu = section.Mtu,
                Table = section.Table,
            },
            Peers =
            [
                .. tunnel.Config.Peers.Select(peer => new PeerSection
                {
                    Name = peer.Name,
                    PublicKey = peer.PublicKey,
                    PresharedKey = files is not null && tunnel.PresharedKeyFiles.TryGetValue(peer.PublicKey, out var shared) ? files.Read(shared, diagnostics) : null,
                    AllowedIPs = peer.AllowedIPs,
                    Endpoint = peer.Endpoint,
                    PersistentKeepalive = peer.PersistentKeepalive,
                }),
            ],
        };
    }
}
