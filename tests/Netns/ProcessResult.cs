using System.Diagnostics;

namespace WireGuard.Tests;

/// <summary>How a program ended and what it wrote.</summary>
public sealed record ProcessResult(string Command, int ExitCode, string Output, string Error)
{
    /// <exception cref="InvalidOperationException">The exit code is not 0; the message has what the program wrote.</exception>
    public ProcessResult EnsureSuccess() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"`{Command}` ended with {ExitCode}: {Error}{Output}".TrimEnd());

    /// <summary>Runs a program to its end; one that does not end in time is killed, which fails the test.</summary>
    public static ProcessResult Run(string program, IEnumerable<string> arguments, TimeSpan? limit = null)
    {
        using var process = Process.Start(StartInfo(program, arguments))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var command = $"{program} {string.Join(' ', process.StartInfo.ArgumentList)}";
        if (!process.WaitForExit(limit ?? TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"`{command}` did not end in time.");
        }
        return new ProcessResult(command, process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    internal static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
