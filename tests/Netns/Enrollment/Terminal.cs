using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace WireGuard.Tests.Enrollment;

/// <summary>A pseudo-terminal with a program at it, which leads a session of its own, as one that a person has logged in by.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class Terminal : IDisposable
{
    /// <summary>What a program asks a terminal, and waits for the answer.</summary>
    public const string WhereIsCursor = "\x1b[6n";

    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int CloseOnExec = 0x80000;

    // A read that waits would keep it open past its end.
    private const int NonBlocking = 0x800;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly FileStream _master;
    private readonly StringBuilder _shown = new();

    /// <param name="host">The program runs there.</param>
    public Terminal(NetworkNamespace host, params string[] command)
    {
        var descriptor = OpenTerminal(ReadWrite | NoControllingTerminal | CloseOnExec | NonBlocking);
        var name = new byte[64];
        if (descriptor < 0 || UnlockTerminal(descriptor) != 0 || NameOfTerminal(descriptor, name, name.Length) != 0)
            throw new IOException($"There is no pseudo-terminal to be had (error {Marshal.GetLastPInvokeError()}).");
        Path = Encoding.ASCII.GetString(name.AsSpan(0, name.AsSpan().IndexOf((byte)0)));
        _master = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        Before = Modes();
        Program = host.Start("sh", ["-c", "exec setsid --ctty \"$@\" < \"$0\" > \"$0\" 2>&1", Path, .. command]);
        new Thread(Listen) { IsBackground = true, Name = "terminal" }.Start();
    }

    public string Path { get; }

    /// <summary>Its process is the program's own.</summary>
    public Process Program { get; }

    /// <summary>Its modes before the program had it.</summary>
    public string Before { get; }

    /// <summary>All that has been shown.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
                return _shown.ToString();
        }
    }

    public void AwaitShown(string text) => Eventually.True(() => Shown.Contains(text, StringComparison.Ordinal) || Program.HasExited, $"'{text}' is shown; there is: {Shown}");

    public void Type(string text) => _master.Write(Encoding.UTF8.GetBytes(text));

    public bool Echoes() => !ProcessResult.Run("stty", ["-F", Path, "-a"]).EnsureSuccess().Output.Contains("-echo ", StringComparison.Ordinal);

    public string Modes() => ProcessResult.Run("stty", ["-F", Path, "-g"]).EnsureSuccess().Output;

    public void HangUp() => _master.Dispose();

    public int AwaitEnd()
    {
        Assert.True(Program.WaitForExit(s_patience), $"the program has not ended; it has shown: {Shown}");
        return Program.ExitCode;
    }

    public void Dispose() => _master.Dispose();

    private void Listen()
    {
        var buffer = new byte[4096];
        while (true)
        {
            try
            {
                var length = _master.Read(buffer);
                var text = Encoding.UTF8.GetString(buffer, 0, length);
                lock (_shown)
                    _shown.Append(text);
                if (text.Contains(WhereIsCursor, StringComparison.Ordinal))
                    Type("\x1b[1;7R");
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (IOException)
            {
                // Nothing to read, or nobody has it open just now.
                Thread.Sleep(20);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int UnlockTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int NameOfTerminal(int descriptor, byte[] name, nint length);
}
