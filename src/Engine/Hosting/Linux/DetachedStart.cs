using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>The starting side of `up`: runs this executable again and waits until it is ready, or says why it is not.</summary>
internal static class DetachedStart
{
    // The runtime's socket and pipes for debuggers: they would lie in the directory of temporary files, open a way to the
    // keys, and stay there when the engine is killed. Who wants them sets the variable.
    private const string DiagnosticsVariable = "DOTNET_EnableDiagnostics";

    private static readonly TimeSpan GraceToUndo = TimeSpan.FromSeconds(3);

    /// <param name="arguments">Arguments of the engine; no secret is ever among them.</param>
    /// <param name="timeout">After it the child is ended, first so that it can undo what it did.</param>
    /// <param name="keepInput">
    /// Takes what holds the engine's standard input open, for an engine that ends with it. Null: it is closed at once.
    /// </param>
    /// <param name="tell">Hears what the start waits for, on a thread of its own.</param>
    /// <param name="choices">What the arguments ask of the host; null: nothing.</param>
    /// <param name="cancel">Ends a child that is not ready yet.</param>
    public static StartReport Run(
        string tunnel, IEnumerable<string> arguments, TimeSpan timeout, Action<IDisposable>? keepInput = null, Action<string>? tell = null, HostChoices? choices = null, CancellationToken cancel = default)
    {
        // A start that fails leaves it as it was, killed or not.
        var closed = choices is { KillSwitch: true } && DeadEngine.FindKillSwitch(tunnel) is not null ? choices : null;
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Run as `dotnet wireguard-engine.dll`, the executable is dotnet and the assembly its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Path.GetFullPath(Environment.GetCommandLineArgs()[0]));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.TryAdd(DiagnosticsVariable, "0");

        using var child = Process.Start(start)!;
        if (keepInput is null)
            child.StandardInput.Close();
        else
            keepInput(child.StandardInput);
        var errors = ReadErrorsAsync(child.StandardError, tell);
        var line = child.StandardOutput.ReadLineAsync(CancellationToken.None).AsTask();
        bool isInTime;
        try
        {
            isInTime = line.Wait((int)timeout.TotalMilliseconds, cancel);
        }
        catch (OperationCanceledException)
        {
            End(child, tunnel, closed);
            return Failed(tunnel, StartErrorId.EngineFailed, $"Broken off: the engine of {tunnel} was ended before it was ready.");
        }

        if (!isInTime)
        {
            var ended = End(child, tunnel, closed);
            // Asked to end, it says what it was waiting for.
            var lastWords = ended && line.Wait(GraceToUndo, CancellationToken.None) && line.Result is { } words ? " " + TryParse(words)?.Message : "";
            return Failed(tunnel, StartErrorId.EngineTimeout, $"The engine of {tunnel} was not ready within {timeout.TotalSeconds:0.###} s and {(ended ? "was ended" : "had to be killed")}.{lastWords}");
        }

        if (line.Result is { } text && TryParse(text) is { } report)
            return report with { Tunnel = tunnel };

        // Killed by somebody, it has left what it had begun.
        if (End(child, tunnel, closed) && closed is not null)
            CleanUp(tunnel, closed);
        var said = errors.Wait(GraceToUndo, CancellationToken.None) ? errors.Result.Trim() : "";
        return Failed(tunnel, StartErrorId.EngineFailed, $"The engine of {tunnel} ended with exit code {child.ExitCode} before it was ready.{(said.Length > 0 ? " It said: " + said : "")}");
    }

    public static StartReport Failed(string tunnel, StartErrorId id, string message) =>
        new() { Tunnel = tunnel, ErrorId = id.ToString(), Message = message };

    // What it waits for is passed on as it comes; the rest is what it says when it fails.
    private static async Task<string> ReadErrorsAsync(StreamReader errors, Action<string>? tell)
    {
        var said = new StringBuilder();
        while (await errors.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(DetachedChild.ProgressMark, StringComparison.Ordinal))
                tell?.Invoke(line[DetachedChild.ProgressMark.Length..]);
            else
                said.AppendLine(line);
        }

        return said.ToString();
    }

    private static StartReport? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJsonContext.Default.StartReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>False: it had to be killed.</summary>
    private static bool End(Process child, string tunnel, HostChoices? closed)
    {
        _ = ProcessCalls.SendSignal(child.Id, ProcessCalls.SIGTERM);
        if (child.WaitForExit(GraceToUndo))
            return true;
        _ = ProcessCalls.SendSignal(child.Id, ProcessCalls.SIGKILL);
        child.WaitForExit();
        // The kernel takes the rest.
        CleanUp(tunnel, closed);
        return false;
    }

    /// <summary>Unless an engine of that name lives: it was there before the child, which then had got nowhere.</summary>
    private static void CleanUp(string tunnel, HostChoices? closed)
    {
        try
        {
            _ = DeadEngine.CleanUp(tunnel, EngineLog.None, closed);
        }
        catch (Exception failure) when (failure is HostNetworkException or SocketException)
        {
            // The next start tries again, and says why if it cannot.
        }
    }
}
