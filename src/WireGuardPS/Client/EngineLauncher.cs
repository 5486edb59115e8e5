using System.Globalization;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Starts a detached engine by a verb of `wireguard-engine` and waits for its <see cref="StartReport"/>.</summary>
internal static class EngineLauncher
{
    private const int ReportLimit = 64 * 1024;

    // The verb keeps the timeout itself, in whole seconds, and needs a while for an engine that does not end when it is asked to.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Cancelling ends the wait only: the engine, once on its way, has left the caller's session and goes on.
    /// </summary>
    /// <param name="engine">Executable, from <see cref="EngineLocator"/>.</param>
    /// <param name="configPath">Absolute path of the configuration file.</param>
    /// <param name="timeout">How long the engine may take to be ready.</param>
    /// <param name="options">More of `up`'s; no secret.</param>
    /// <exception cref="WgException">The engine's own ErrorId, or InvalidValue, EngineFailed, EngineTimeout.</exception>
    internal static Task<StartReport> StartAsync(string engine, string configPath, TimeSpan timeout, IReadOnlyList<string> options, CancellationToken cancellation) =>
        RunAsync(engine, ["up", configPath], timeout, options, cancellation);

    /// <inheritdoc cref="StartAsync"/>
    /// <param name="verb">`up` or `serve`, and what it is about.</param>
    internal static async Task<StartReport> RunAsync(
        string engine, IReadOnlyList<string> verb, TimeSpan timeout, IReadOnlyList<string> options, CancellationToken cancellation)
    {
        var seconds = Math.Max(1, Math.Ceiling(timeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        using var process = EngineProcess.Start(engine, [.. verb, "--report", "json", "--timeout", seconds, .. options]);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout + Grace);
        using var reader = new LineReader(process.StandardOutput.BaseStream);
        var errorText = EngineProcess.ReadErrorAsync(process, deadline.Token);
        try
        {
            var line = await reader.ReadAsync(ReportLimit, deadline.Token).ConfigureAwait(false);
            if (line is null)
                throw new EndOfStreamException();
            var report = JsonSerializer.Deserialize(line.Value.Span, ControlJsonContext.Default.StartReport)
                ?? throw new JsonException("null is no report.");
            if (!report.Ready)
                throw new WgException(ErrorCatalog.Known(report.ErrorId), report.Message ?? $"The engine did not start ({report.ErrorId}).");
            return report;
        }
        catch (Exception e) when (e is EndOfStreamException or JsonException or InvalidDataException)
        {
            // Whoever writes something else than a report may write for ever.
            if (e is not EndOfStreamException)
                EngineProcess.Kill(process);
            var said = EngineWords.ForShell(await EngineProcess.SaidAsync(errorText).ConfigureAwait(false));
            // What it takes for a wrong command line is a wrong value of a parameter.
            if (process.HasExited && EngineWords.ErrorIdOf(process.ExitCode, ErrorIds.EngineFailed) == ErrorIds.InvalidValue && said.Length > 0)
                throw new WgException(ErrorIds.InvalidValue, said, e);
            throw new WgException(ErrorIds.EngineFailed, $"The engine gave no report of its start{(said.Length > 0 ? ": " + said : ".")}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            EngineProcess.Kill(process);
            throw new WgException(ErrorIds.EngineTimeout, $"The engine was not ready within {timeout.TotalSeconds:0.###} s.", e);
        }
        finally
        {
            Forget(errorText);
        }
    }

    private static void Forget(Task task) =>
        task.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
