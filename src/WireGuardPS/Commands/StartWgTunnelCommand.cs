using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Start-WgTunnel: checks a configuration file, starts a detached engine for it and waits until it is ready. With
/// -WhatIf only the check happens, and whether the tunnel runs already.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "WgTunnel", DefaultParameterSetName = ByConfig, SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class StartWgTunnelCommand : StartCommand
{
    /// <summary>How long each engine may take until it is ready.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>A network namespace, by name or path, that the interface is put into; the UDP sockets stay where the engine is started.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? NetNs { get; set; }

    /// <summary>One that the UDP sockets are put into, while the interface stays.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? SocketNetNs { get; set; }

    private protected override void Handle(string name, string path, IReadOnlyList<string> options, IReadOnlyList<ConfigDiagnostic> doubts)
    {
        if (this.IsWhatIf() && IsRunning(name))
            throw new WgException(ErrorIds.TunnelExists, $"Tunnel '{name}' runs already.");
        if (!ShouldProcess(name, $"Start tunnel from '{path}'"))
            return;
        var engine = FindEngine();
        WriteVerbose($"Starting '{engine}' for '{path}'.");
        var report = Await($"Starting tunnel '{name}'", cancellation => EngineLauncher.StartAsync(engine, path, Timeout, [.. options, .. Namespaces()], cancellation));
        // The engine sees what the module does not: who could have written the file.
        foreach (var warning in report.Warnings?.Except(doubts.Select(d => d.ToString())) ?? [])
            WriteWarning(ConfigCheck.WithoutSeverity(warning));
        WriteVerbose($"The engine of tunnel '{name}' runs as process {report.ProcessId}.");
        if (PassThru)
            WriteObject(Ask(name, "Asking the tunnel", GetAsync).ToTunnel(DateTimeOffset.UtcNow));
    }

    private protected override void HandleServed(string name, string path, IReadOnlyList<string> options) => throw new WgException(
        ErrorIds.ConfigNotFound,
        $"There is no configuration file '{path}': '{name}' is a tunnel that others join, and Start-WgEnrollmentServer {name} starts it.");

    private IEnumerable<string> Namespaces()
    {
        foreach (var (option, given) in new[] { ("--netns", NetNs), ("--socket-netns", SocketNetNs) })
        {
            if (given is null)
                continue;
            yield return option;
            yield return given.Contains('/') ? GetUnresolvedProviderPathFromPSPath(given) : given;
        }
    }

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);
}
