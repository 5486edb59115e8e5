using System.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// A program of the host's: one of the two that distributions have for telling the resolver of name servers, besides the file's
/// own commands the only ones that a running engine starts, and only for a file that names some; and systemctl, for `service`.
/// </summary>
internal sealed class HostProgram
{
    private const int LongestComplaint = 500;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly string _searchPath;

    private HostProgram(string path, string searchPath) => (Path, _searchPath) = (path, searchPath);

    public string Path { get; }

    /// <summary>Null when it is nowhere on the path.</summary>
    /// <param name="searchPath">Folders with colons between them; relative ones are left out.</param>
    public static HostProgram? Find(string name, string searchPath)
    {
        var found = searchPath.Split(':').Where(System.IO.Path.IsPathRooted).Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(IsExecutable);
        return found is null ? null : new HostProgram(found, searchPath);
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="HostNetworkException">It complained, in its own words, or did not end.</exception>
    /// <returns>What it wrote to standard output.</returns>
    public string Run(string step, IEnumerable<string> arguments, string input = "") => Run(step, arguments, s_limit, input);

    /// <inheritdoc cref="Run(string, IEnumerable{string}, string)"/>
    public string Run(string step, IEnumerable<string> arguments, TimeSpan limit, string input = "")
    {
        try
        {
            ProcessCalls.CloseOthersOnExec();
            using var process = Process.Start(StartInfo(arguments)) ?? throw new HostNetworkException(step, $"{Path} could not be started");
            var complaint = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            Feed(process, input);
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                throw new HostNetworkException(step, $"{Path} did not end within {limit.TotalSeconds} seconds");
            }

            if (process.ExitCode != 0)
                throw new HostNetworkException(step, $"{Path} ended with {process.ExitCode}: {Shorten(complaint.GetAwaiter().GetResult(), output.GetAwaiter().GetResult())}");
            return output.GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or IOException)
        {
            throw new HostNetworkException(step, $"{Path}: {failure.Message}", failure);
        }
    }

    private ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // Scripts look for their tools on the path, and need nothing else of ours.
        start.Environment.Clear();
        start.Environment["PATH"] = _searchPath;
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static void Feed(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code tells.
        }
    }

    private static string Shorten(string complaint, string output)
    {
        var words = string.Join(' ', $"{complaint} {output}".Split(['\n', '\r', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return words.Length == 0 ? "it did not say why" : words.Length <= LongestComplaint ? words : words[..LongestComplaint] + "...";
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.OtherExecute)) != 0;
}
