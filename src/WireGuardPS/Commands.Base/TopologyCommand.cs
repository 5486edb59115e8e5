using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;
using WireGuard.Topologies;

namespace WireGuard.Commands;

/// <summary>A cmdlet that turns hosts and links into each host's configuration.</summary>
public abstract class TopologyCommand : KeyCommand
{
    /// <summary>A new key pair for each host that has no public key: for labs, for whoever reads the output has all keys.</summary>
    [Parameter]
    public SwitchParameter GenerateKey { get; set; }

    /// <summary>Emits the configuration of each host that is wanted.</summary>
    /// <param name="files">Reads private keys of wanted hosts from their files; null: no file is read.</param>
    /// <exception cref="WgException">TopologyInvalid with all that is wrong; nothing has been emitted then.</exception>
    private protected void Emit(Topology topology, Func<TopologyHost, bool> isWanted, TopologyKeyFiles? files, DiagnosticBag diagnostics)
    {
        var plan = diagnostics.HasErrors ? null : new TopologyPlan(topology, diagnostics);
        ThrowOnErrors(diagnostics);
        var wanted = topology.Hosts.Where(isWanted).ToList();
        var keys = new Dictionary<TopologyHost, HostKeys>();
        try
        {
            foreach (var host in topology.Hosts.Where(host => wanted.Contains(host) || plan!.Ways[host].Any(way => wanted.Contains(way.Peer))))
            {
                if (FindKeys(host, wanted.Contains(host) ? files : null, diagnostics) is { } found)
                    keys.Add(host, found);
            }

            ThrowOnErrors(diagnostics);
            WriteWarnings(diagnostics);
            foreach (var host in wanted)
            {
                using var config = TopologyConfigs.Make(host, plan!, keys);
                WriteObject(config.ToModel(host.Name.Value));
                if (plan!.Forwards(host))
                    WriteVerbose($"{host} passes packets on: start its tunnel with -Forward.");
            }
        }
        finally
        {
            foreach (var found in keys.Values)
                found.PrivateKey?.Dispose();
        }
    }

    /// <exception cref="WgException">TopologyInvalid.</exception>
    private protected static void ThrowOnErrors(DiagnosticBag diagnostics)
    {
        if (diagnostics.HasErrors)
            throw WgException.Of(ErrorIds.TopologyInvalid, [.. diagnostics.ToList().Where(d => d.Severity == ConfigSeverity.Error).Select(d => d.Path is null ? d.Message : d.ToString())]);
    }

    private protected void WriteWarnings(DiagnosticBag diagnostics)
    {
        foreach (var warning in diagnostics.ToList().Where(d => d.Severity == ConfigSeverity.Warning))
            WriteWarning(warning.Path is null ? warning.Message : ConfigCheck.WithoutSeverity(warning));
    }

    private HostKeys? FindKeys(TopologyHost host, TopologyKeyFiles? files, DiagnosticBag diagnostics)
    {
        var privateKey = host.PrivateKeyFile is { } file && files is not null ? files.Read(file, diagnostics) : null;
        if (privateKey is null && host.PublicKey is null && GenerateKey)
            privateKey = SecretKey.RandomPrivateKey();
        try
        {
            PublicKey? derived = privateKey is null ? null : PublicKey.Parse(Derive(privateKey));
            if (host.PublicKey is { } given && derived is { } other && other != given.Value)
                diagnostics.Error("WrongPublicKey", given.Place, $"The public key of {host} is not the one of its privateKeyFile, which is {other}.");
            else if ((host.PublicKey?.Value ?? derived) is { } publicKey)
                return new HostKeys(publicKey, Interlocked.Exchange(ref privateKey, null));
            else if (!diagnostics.HasErrors || host.PrivateKeyFile is null)
                diagnostics.Error("MissingPublicKey", host.Name.Place, $"{host} has no publicKey, without which nobody can speak to it. -GenerateKey makes keys for labs.");
            return null;
        }
        finally
        {
            privateKey?.Dispose();
        }
    }
}
