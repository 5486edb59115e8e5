using System.Diagnostics;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// Runs a command of the configuration file by bash, as wg-quick does, or by sh where there is none: the one place where a program
/// that the user chose is run. It gets the path and nothing else of the engine's: no input, no environment, no descriptor.
/// </summary>
internal static class HookShell
{
    private const string Bash = "/bin/bash";
    private const string Shell = "/bin/sh";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int LongestLine = 500;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    // What is left in the pipes when it has ended. A child of its own may hold them open for as long as it likes.
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(300);

    /// <exception cref="StartException">HookFailed.</exception>
    /// <exception cref="OperationCanceledException">It was killed, with its children.</exception>
    public static void Run(HookPoint point, string command, TimeSpan limit, EngineLog log, CancellationToken cancel)
    {
        var process = new Process { StartInfo = StartInfo(command) };
        var heard = new HookWords(point, log);
        process.OutputDataReceived += (_, line) => heard.Take(line.Data);
        process.ErrorDataReceived += (_, line) => heard.Take(line.Data);
        try
        {
            ProcessCalls.CloseOthersOnExec();
            _ = process.Start();
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new StartException(StartErrorId.HookFailed, $"{point} could not be run: {failure.Message}", failure);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var start = Stopwatch.GetTimestamp();
        while (!process.WaitForExit(s_pause))
        {
            var isLate = Stopwatch.GetElapsedTime(start) > limit;
            if (!isLate && !cancel.IsCancellationRequested)
                continue;
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            throw new StartException(StartErrorId.HookFailed, $"{point} did not end within {limit.TotalSeconds:0.###} seconds and was killed.");
        }

        heard.AwaitEnd(s_lastWords);
        if (process.ExitCode != 0)
            throw new StartException(StartErrorId.HookFailed, $"{point} ended with {process.ExitCode}{heard.Last}.");
    }

    private static ProcessStartInfo StartInfo(string command)
    {
        var start = new ProcessStartInfo(File.Exists(Bash) ? Bash : Shell, ["-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : DefaultPath;
        return start;
    }

    /// <summary>What a command says, line by line from both pipes at once.</summary>
    private sealed class HookWords(HookPoint point, EngineLog log)
    {
        private readonly Lock _lock = new();
        private readonly ManualResetEventSlim _ended = new();
        private int _open = 2;
        private string? _last;

        /// <summary>": " and the last line, or nothing.</summary>
        public string Last
        {
            get
            {
                lock (_lock)
                    return _last is null ? "" : $": {_last}";
            }
        }

        /// <param name="line">Null: one of the pipes has ended.</param>
        public void Take(string? line)
        {
            lock (_lock)
            {
                if (line is not null)
                    _last = Clean(line);
                else if (--_open == 0)
                    _ended.Set();
            }

            if (line is not null)
                log.Information($"{point}: {Clean(line)}");
        }

        public void AwaitEnd(TimeSpan limit) => _ = _ended.Wait(limit);

        private static string Clean(string line)
        {
            var shown = new string([.. line.Take(LongestLine).Select(c => char.IsControl(c) ? ' ' : c)]);
            return line.Length > LongestLine ? shown + "..." : shown;
        }
    }
}
