using System.ComponentModel;
using System.Diagnostics;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Starts the engine's executable with redirected streams; no shell, no secret among the arguments.</summary>
internal static class EngineProcess
{
    private const int ErrorTextLimit = 4096;

    /// <exception cref="WgException">EngineFailed: the system would not run it.</exception>
    internal static Process Start(string engine, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(engine)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new WgException(ErrorIds.EngineFailed, $"'{engine}' cannot be run: {e.Message}", e) { Advice = "See that it is the engine for this kind of machine, whole and executable, and that the .NET runtime is there where it needs one." };
        }
    }

    /// <summary>
    /// What the process has said on standard error, up to a few lines. Ends with the process rather than with the
    /// stream: a detached child may hold the other end.
    /// </summary>
    internal static async Task<string> ReadErrorAsync(Process process, CancellationToken cancellation)
    {
        var text = new char[ErrorTextLimit];
        var length = 0;
        using var grace = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var exit = process.WaitForExitAsync(cancellation).ContinueWith(
            _ => grace.CancelAfter(TimeSpan.FromMilliseconds(200)), cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            while (length < text.Length)
            {
                var read = await process.StandardError.ReadAsync(text.AsMemory(length), grace.Token).ConfigureAwait(false);
                if (read == 0)
                    break;
                length += read;
            }

            await exit.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }

        return new string(text, 0, length).Trim();
    }

    /// <summary>The text, or nothing if it does not come in time: an error is told without it rather than late.</summary>
    internal static async Task<string> SaidAsync(Task<string> errorText)
    {
        try
        {
            return await errorText.WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or IOException)
        {
            return "";
        }
    }

    /// <summary>Ends a process that we started, if it has not ended by itself.</summary>
    internal static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // Gone already.
        }
    }
}
