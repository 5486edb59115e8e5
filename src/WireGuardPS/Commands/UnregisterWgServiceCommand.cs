using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Unregister-WgService: systemd runs tunnels no more, from the next boot on or at once. Emits what that changes.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "WgService", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class UnregisterWgServiceCommand : EngineCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConfigNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>It is stopped too; else it goes on running.</summary>
    [Parameter]
    public SwitchParameter Stop { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            try
            {
                Remove(name);
            }
            catch (WgException e)
            {
                WriteError(e, name);
            }
        }
    }

    private void Remove(string name)
    {
        if (!TunnelName.IsValid(name))
            throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(name)} cannot be the name of a tunnel.");
        var arguments = new List<string>(["remove", name]);
        if (Stop)
            arguments.Add("--stop");
        var engine = FindEngine();
        ServiceChanges.Carry(this, name, $"Unregister tunnel '{name}' as a service", arguments,
            run => Await($"Unregistering tunnel '{name}'", cancellation => EngineService.RunAsync(engine, run, cancellation)));
    }
}
