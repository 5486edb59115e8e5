using System.Diagnostics;
using System.Runtime.InteropServices;

namespace WireGuard.Tests.Control;

/// <summary>Real programs as clients.</summary>
internal static partial class Programs
{
    // Only ever runs out when a test has failed already.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments) => RunWith("", program, arguments);

    internal static (int ExitCode, string Output, string Errors) RunWith(string input, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} does not come to an end.");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>A second descriptor of the same open file, as a child would inherit it.</summary>
    internal static int Duplicate(int descriptor) => DuplicateDescriptor(descriptor);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int DuplicateDescriptor(int descriptor);
}
