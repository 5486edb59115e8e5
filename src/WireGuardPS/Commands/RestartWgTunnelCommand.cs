using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Restart-WgTunnel: takes tunnels down and starts them again, with the same files and options.</summary>
[Cmdlet(VerbsLifecycle.Restart, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class RestartWgTunnelCommand : TunnelCommand
{
    private const string AllowHooks = "--allow-hooks";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How long each tunnel may take to end, and again to be ready.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                Restart(target.Name);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    // Everything that can be wrong is looked at while the tunnel still runs.
    private void Restart(string name)
    {
        var running = Ask(name, $"Looking at tunnel '{name}'", GetAsync);
        if (running.Served)
            throw new WgException(ErrorIds.NotRestartable, $"Tunnel '{name}' is one that others join: Stop-WgTunnel {name}, then Start-WgEnrollmentServer {name} start it again.");
        if (running is not { ConfigPath: { } path, StartOptions: { } options })
            throw new WgException(ErrorIds.NotRestartable, $"The engine of tunnel '{name}' was not started by Start-WgTunnel or `wireguard-engine up`.");
        if (EngineNamespace.IsAnothers(running.ProcessId))
            throw new WgException(ErrorIds.NotRestartable, $"The engine of tunnel '{name}' runs in another network namespace than this shell, which would start it here.") { Advice = "Restart it from there: 'ip netns exec NAMESPACE pwsh', or nsenter where it has no name." };
        foreach (var warning in ConfigCheck.Validate(path, options.Contains(AllowHooks)))
            WriteWarning(ConfigCheck.WithoutSeverity(warning));
        var engine = FindEngine();
        if (!ShouldProcess(name, $"Restart tunnel from '{path}'"))
            return;
        try
        {
            var report = Finish($"Restarting tunnel '{name}'", stop => RestartAsync(name, engine, path, options, stop));
            WriteVerbose($"The engine of tunnel '{name}' runs as process {report.ProcessId}.");
        }
        catch (WgException e)
        {
            WriteFailure(e, name);
            return;
        }
        finally
        {
            Forget(name);
        }

        if (PassThru)
            WriteObject(Ask(name, "Asking the tunnel", GetAsync).ToTunnel(DateTimeOffset.UtcNow));
    }

    // Once the one engine is told to end, the other is started, whoever presses Ctrl-C: a tunnel must not stay down without a word.
    private async Task<StartReport> RestartAsync(string name, string engine, string path, IReadOnlyList<string> options, CancellationToken stop)
    {
        var again = StartCommandLine.Of(path, options);
        using (var client = await Tunnels.ConnectAsync(name, EngineTimeouts.Default, stop).ConfigureAwait(false))
            await EndAsync(client, again).ConfigureAwait(false);
        try
        {
            return await EngineLauncher.StartAsync(engine, path, Timeout, options, CancellationToken.None).ConfigureAwait(false);
        }
        catch (WgException e)
        {
            throw new WgException(e.ErrorId, $"Tunnel '{name}' was stopped and is down: {e.Message} To start it: {again}", e) { Advice = e.Advice };
        }
    }

    private async Task EndAsync(EngineClient client, string again)
    {
        try
        {
            await TunnelStopper.StopAsync(client, Tunnels.SocketPath(client.Tunnel), Timeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.EngineTimeout)
        {
            throw new WgException(e.ErrorId, $"{e.Message} It was told to; when it has, this starts the tunnel: {again}", e) { Advice = e.Advice };
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.EngineConnectionLost)
        {
            // It may have died of being asked; the start undoes what it has left.
            if (!await IsGoneAsync(client).ConfigureAwait(false))
                throw;
        }
    }

    private async Task<bool> IsGoneAsync(EngineClient client)
    {
        var started = Environment.TickCount64;
        while (PeerCredentials.IsRunning(client.EngineProcessId)
            || await ControlSocket.IsListeningAsync(Tunnels.SocketPath(client.Tunnel), CancellationToken.None).ConfigureAwait(false))
        {
            if (Environment.TickCount64 - started > Timeout.TotalMilliseconds)
                return false;
            await Task.Delay(TunnelStopper.Poll).ConfigureAwait(false);
        }

        return true;
    }

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);
}
