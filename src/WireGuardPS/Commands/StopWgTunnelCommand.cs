using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Stop-WgTunnel: takes tunnels down and waits until their engines are gone.</summary>
[Cmdlet(VerbsLifecycle.Stop, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class StopWgTunnelCommand : TunnelCommand
{
    private static readonly TimeSpan Dying = TimeSpan.FromSeconds(5);

    /// <summary>Names of tunnels, or their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [FileTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How long each tunnel may take.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Emit the tunnel as it last was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var (target, file) in Wanted())
        {
            try
            {
                if (file is not null)
                    RequireOwn(target.Name, file);
                var isLeft = Tunnels.HasLeftovers(target.Name) && !IsRunning(target.Name);
                if (this.IsWhatIf())
                    RequirePossible(target.Name, isLeft);
                if (!ShouldProcess(target.Name, isLeft ? "Undo what a killed engine has left" : "Stop tunnel"))
                    continue;
                if (isLeft)
                {
                    CleanUp(target.Name);
                    continue;
                }

                var last = TryStop(target.Name);
                if (Tunnels.HasLeftovers(target.Name) && !IsRunning(target.Name))
                    CleanUp(target.Name);
                if (PassThru && last is not null)
                    WriteObject(last.ToTunnel(DateTimeOffset.UtcNow, WgTunnelState.Stopped));
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    // A file of a tunnel that is named besides is of no matter.
    private IEnumerable<(Target Target, string? File)> Wanted()
    {
        var named = Resolve([.. Name.Where(given => !ConfigCheck.IsPath(given))]);
        return [
            .. named.Select(target => (target, (string?)null)),
            .. Name.Where(ConfigCheck.IsPath).SelectMany(ByFile).Distinct().Where(found => named.TrueForAll(target => target.Name != found.Target.Name)),
        ];
    }

    private IReadOnlyList<(Target Target, string? File)> ByFile(string given)
    {
        try
        {
            var files = this.ToFilePathsOrPath(given);
            return files is [var only] && only == this.ToFilePath(given)
                ? [(new Target(ConfigCheck.TunnelOf(only), false), only)]
                : [.. files.Where(ConfigCheck.IsOfTunnel).Select(file => (new Target(ConfigCheck.TunnelOf(file), true), (string?)file))];
        }
        catch (WgException e)
        {
            WriteError(e, given);
            return [];
        }
    }

    /// <summary>Who names a file means the tunnel that was started from it, and no other of its name.</summary>
    /// <exception cref="WgException">TunnelExists: it runs from another file. ConfigNotFound: neither runs anything from the file nor is it there.</exception>
    private void RequireOwn(string tunnel, string file)
    {
        var running = IsRunning(tunnel) ? Ask(tunnel, $"Looking at tunnel '{tunnel}'", (client, cancellation) => client.GetTunnelAsync(false, cancellation)) : null;
        Forget(tunnel);
        if (running?.ConfigPath == file)
            return;
        if (!File.Exists(file))
            throw ConfigCheck.NoFile(file);
        if (running is not null)
        {
            throw new WgException(ErrorIds.TunnelExists, $"Tunnel '{tunnel}' runs from {(running.ConfigPath is { } other ? $"'{other}'" : "no file")}, not from '{file}': it is left as it is.")
            {
                Advice = $"Stop-WgTunnel {tunnel} stops it, whatever it runs from.",
            };
        }
    }

    /// <summary>What would keep the real run from it keeps the other from saying that it would be done.</summary>
    /// <exception cref="WgException">As the real run's.</exception>
    private void RequirePossible(string tunnel, bool isLeft)
    {
        if (isLeft)
            FindEngine();
        else
            Ask(tunnel, $"Looking at tunnel '{tunnel}'", (client, cancellation) => client.GetTunnelAsync(false, cancellation));
    }

    // Null: it went by itself when it was asked.
    private Api.TunnelInfo? TryStop(string tunnel)
    {
        try
        {
            return Await($"Stopping tunnel '{tunnel}'", cancellation => StopAsync(tunnel, cancellation));
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.EngineConnectionLost)
        {
            if (!Await($"Looking whether tunnel '{tunnel}' has ended", cancellation => HasGoneAsync(tunnel, cancellation)))
                throw;
            return null;
        }
    }

    // The kernel closes what a dying process has open one after the other: the connection may go before the socket that takes new ones.
    private async Task<bool> HasGoneAsync(string tunnel, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)Dying.TotalMilliseconds;
        while (await ControlSocket.IsListeningAsync(Tunnels.SocketPath(tunnel), cancellation).ConfigureAwait(false))
        {
            if (Environment.TickCount64 > end)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation).ConfigureAwait(false);
        }

        return true;
    }

    // The engine was killed; its executable knows how to undo what it had done to the host.
    private void CleanUp(string tunnel)
    {
        var engine = FindEngine();
        WriteVerbose($"The engine of tunnel '{tunnel}' is gone; '{engine}' undoes what it left behind.");
        Await($"Cleaning up after tunnel '{tunnel}'", cancellation => EngineCleaner.CleanUpAsync(engine, tunnel, Timeout, cancellation));
    }

    private async Task<Api.TunnelInfo> StopAsync(string tunnel, CancellationToken cancellation)
    {
        using var client = await Tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
        return await TunnelStopper.StopAsync(client, Tunnels.SocketPath(tunnel), Timeout, cancellation).ConfigureAwait(false);
    }
}
