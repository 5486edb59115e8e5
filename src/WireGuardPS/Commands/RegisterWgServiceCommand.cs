using System.Management.Automation;
using WireGuard.Client;
using WireGuard.Configuration;

namespace WireGuard.Commands;

/// <summary>Register-WgService: has systemd run tunnels, from the next boot on and again when they fail. Emits what that changes.</summary>
[Cmdlet(VerbsLifecycle.Register, "WgService", DefaultParameterSetName = ByConfig, SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class RegisterWgServiceCommand : StartCommand
{
    /// <summary>It is not enabled, unless it was before.</summary>
    [Parameter]
    public SwitchParameter NoEnable { get; set; }

    /// <summary>It is started at once.</summary>
    [Parameter]
    public SwitchParameter Start { get; set; }

    private protected override void Handle(string name, string path, IReadOnlyList<string> options, IReadOnlyList<ConfigDiagnostic> doubts) => Register(name, path, options);

    // The engine finds its state by the name.
    private protected override void HandleServed(string name, string path, IReadOnlyList<string> options) => Register(name, name, options);

    private void Register(string name, string target, IReadOnlyList<string> options)
    {
        var arguments = new List<string>(["install", target, .. options]);
        if (NoEnable)
            arguments.Add("--no-enable");
        if (Start)
            arguments.Add("--start");
        var engine = FindEngine();
        ServiceChanges.Carry(this, name, $"Register tunnel '{name}' as a service", arguments,
            run => Await($"Registering tunnel '{name}'", cancellation => EngineService.RunAsync(engine, run, cancellation)));
    }
}
