using System.Text.Json;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Has `wireguard-engine service` make a tunnel a service, or none any more.</summary>
internal static class EngineService
{
    private const int ReportLimit = 1024 * 1024;

    // As long as a unit may take to start, and some.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(8);

    /// <param name="engine">Executable, from <see cref="EngineLocator"/>.</param>
    /// <param name="arguments">After `service`; no secret.</param>
    /// <returns>What was changed, or with --dry-run would be, and what there is to say besides.</returns>
    /// <exception cref="WgException">InvalidValue, AccessDenied, ConfigNotFound, ConfigInvalid, ServiceFailed with the engine's words, EngineTimeout.</exception>
    internal static async Task<(IReadOnlyList<TunnelDifference> Changes, string Said)> RunAsync(string engine, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var process = EngineProcess.Start(engine, ["service", .. arguments, "--json"]);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_patience);
        try
        {
            var errorText = EngineProcess.ReadErrorAsync(process, deadline.Token);
            var output = await ReadAsync(process.StandardOutput, deadline.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            var said = EngineWords.ForShell(await EngineProcess.SaidAsync(errorText).ConfigureAwait(false));
            if (process.ExitCode != 0)
                throw new WgException(EngineWords.ErrorIdOf(process.ExitCode, ErrorIds.ServiceFailed), said.Length > 0 ? said : $"The engine ended with {process.ExitCode}.");
            return (JsonSerializer.Deserialize(output, ControlJsonContext.Default.TunnelDifferenceArray) ?? [], said);
        }
        catch (JsonException e)
        {
            throw new WgException(ErrorIds.ServiceFailed, "The engine did not tell what it has changed.", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            EngineProcess.Kill(process);
            throw new WgException(ErrorIds.EngineTimeout, $"The service was not changed within {s_patience.TotalMinutes:0} minutes.", e) { Advice = "'systemctl list-jobs' and 'systemctl status wireguard-engine@NAME' say what systemd waits for." };
        }
    }

    private static async Task<string> ReadAsync(StreamReader output, CancellationToken cancellation)
    {
        var text = new char[ReportLimit];
        var length = await output.ReadBlockAsync(text, cancellation).ConfigureAwait(false);
        return new string(text, 0, length);
    }
}
