using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Joins a network by `wireguard-engine join` and waits for its <see cref="StartReport"/>.</summary>
internal static class EngineJoiner
{
    private const int ReportLimit = 64 * 1024;

    // Somebody at the server may have to approve (docs/enrollment-protocol.md, section 8), then the tunnel is started.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(300 + 30 + 12);

    // To end an engine that it has just started, too.
    private static readonly TimeSpan GraceToEnd = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Cancelling has the engine's verb take back what it has begun and end; so does the end of this process. Where the server may know of it
    /// already its key stays, and a second try brings what the first would have.
    /// </summary>
    /// <param name="engine">Executable, from <see cref="EngineLocator"/>.</param>
    /// <param name="arguments">After `join`; no secret.</param>
    /// <param name="secret">UTF-8 of the code or the invitation with a newline behind it, for standard input; the caller zeroes it.</param>
    /// <param name="timeout">How long to try to reach the server.</param>
    /// <param name="tell">Hears line by line what it waits for; on any thread.</param>
    /// <param name="graceToEnd">How long it may take to end when it is told to; null: long enough for all that it does.</param>
    /// <exception cref="WgException">The engine's own ErrorId, or EngineFailed, EngineTimeout.</exception>
    internal static async Task<StartReport> JoinAsync(
        string engine, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> secret, TimeSpan timeout, Action<string> tell, CancellationToken cancellation, TimeSpan? graceToEnd = null)
    {
        var seconds = timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        using var process = EngineProcess.Start(engine, ["join", .. arguments, "--report", "json", "--timeout", seconds, "--ends-with-input"]);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout + Grace);
        using var reader = new LineReader(process.StandardOutput.BaseStream);
        var said = new List<string>();
        var listening = ListenAsync(process, line => { lock (said) said.Add(line); tell(line); }, deadline.Token);
        try
        {
            await SendAsync(process, secret, deadline.Token).ConfigureAwait(false);
            var line = await reader.ReadAsync(ReportLimit, deadline.Token).ConfigureAwait(false) ?? throw new EndOfStreamException();
            var report = JsonSerializer.Deserialize(line.Span, ControlJsonContext.Default.StartReport) ?? throw new JsonException("null is no report.");
            return report.Ready ? report : throw new WgException(ErrorCatalog.Known(report.ErrorId), report.Message ?? $"The engine did not join ({report.ErrorId}).");
        }
        catch (Exception e) when (e is EndOfStreamException or JsonException or InvalidDataException)
        {
            EngineProcess.Kill(process);
            await Task.WhenAny(listening, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
            lock (said)
                throw new WgException(ErrorIds.EngineFailed, $"The engine gave no report of joining{(said.Count > 0 ? ": " + string.Join(' ', said) : ".")}", e) { Advice = "Run 'wireguard-engine join' in a terminal, as root, to see all that it says." };
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.EngineTimeout, $"The engine had not joined after {(timeout + Grace).TotalSeconds:0} s.", e) { Advice = "See at the server whether this host has joined (Get-WgEnrollment), and try again: it keeps key and addresses." };
        }
        finally
        {
            await EndAsync(process, graceToEnd ?? GraceToEnd).ConfigureAwait(false);
            await deadline.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(Process process, ReadOnlyMemory<byte> secret, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(secret, cancellation).ConfigureAwait(false);
            await process.StandardInput.BaseStream.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has ended already; its report, or what it said, tells why.
        }
    }

    private static async Task EndAsync(Process process, TimeSpan grace)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has not read what it was sent, and never will.
        }

        using var patience = new CancellationTokenSource(grace);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            EngineProcess.Kill(process);
        }
    }

    private static async Task ListenAsync(Process process, Action<string> tell, CancellationToken cancellation)
    {
        try
        {
            while (await process.StandardError.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
                tell(line);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
