using System.ComponentModel;
using System.Runtime.InteropServices;

namespace WireGuard.Tests.Interop;

/// <summary>kill(2) for single processes that the test started.</summary>
internal static partial class Signals
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private const int NoSuchProcess = 3;

    /// <summary>
    /// A program and its arguments, started with every signal as the system has it: under nohup, or in the background of
    /// a script, the tests themselves ignore some, and children inherit that.
    /// </summary>
    public static string[] Unignored(string program, params string[] arguments) => ["env", "--default-signal", program, .. arguments];

    /// <summary>False when the process is gone already.</summary>
    public static bool Send(int processId, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        if (SendSignal(processId, signal) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error);
    }

    /// <summary>The engine that a running `up` has started: waits until there is one.</summary>
    public static int EngineOf(System.Diagnostics.Process up)
    {
        var engine = 0;
        Eventually.True(() => (engine = ChildrenOf(up.Id).FirstOrDefault(IsEngine)) != 0 || up.HasExited, "`up` starts an engine");
        return engine != 0 ? engine : throw new InvalidOperationException($"`up` ended with {up.ExitCode} before an engine was seen.");
    }

    private static IEnumerable<int> ChildrenOf(int process) => Directory.GetDirectories($"/proc/{process}/task")
        .SelectMany(thread => TryRead(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(id => int.Parse(id, System.Globalization.CultureInfo.InvariantCulture));

    private static bool IsEngine(int process) => TryRead($"/proc/{process}/cmdline").Contains("--detached", StringComparison.Ordinal);

    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
