using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Has `wireguard-engine down` undo what an engine that was killed has left on the host.</summary>
internal static class EngineCleaner
{
    /// <param name="engine">Executable, from <see cref="EngineLocator"/>.</param>
    /// <exception cref="WgException">EngineFailed with the engine's words, EngineTimeout.</exception>
    internal static async Task<bool> CleanUpAsync(string engine, string tunnel, TimeSpan timeout, CancellationToken cancellation)
    {
        using var process = EngineProcess.Start(engine, "down", tunnel);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        var errorText = EngineProcess.ReadErrorAsync(process, deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            var said = EngineWords.ForShell(await EngineProcess.SaidAsync(errorText).ConfigureAwait(false));
            return process.ExitCode == 0
                ? true
                : throw new WgException(ErrorIds.EngineFailed, $"What the engine of tunnel '{tunnel}' left behind was not undone{(said.Length > 0 ? ": " + said : ".")}") { Advice = $"Run 'wireguard-engine down {tunnel}' as root; it says what it could not undo." };
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.EngineTimeout, $"Cleaning up after tunnel '{tunnel}' was not done within {timeout.TotalSeconds:0.###} s.", e) { Advice = $"Try again with a longer -Timeout, or run 'wireguard-engine down {tunnel}' as root." };
        }
    }
}
