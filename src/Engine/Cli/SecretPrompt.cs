using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using WireGuard.Api;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli;

/// <summary>
/// Asks for secrets, one after the other: on a terminal without echo, else by lines of standard input. Never by arguments, which others can read.
/// </summary>
internal sealed class SecretPrompt : IDisposable
{
    private const int Longest = 1024;

    private readonly StandardInput _input;

    // Of them all: what comes by a pipe may bring the next answer along with the first.
    private readonly SecretLineReader _lines;

    /// <param name="cancel">Breaks a question off.</param>
    public SecretPrompt(CancellationToken cancel)
    {
        _input = new StandardInput(cancel);
        _lines = new SecretLineReader(_input);
    }

    /// <summary>The caller disposes of it.</summary>
    /// <exception cref="CommandException">There was none.</exception>
    /// <exception cref="OperationCanceledException">Broken off; the terminal is as it was.</exception>
    public ShownSecret Read(string prompt)
    {
        if (!StandardInput.IsThere)
            throw new CommandException(ExitCode.Error, "Standard input is closed: nobody can be asked.");
        if (!StandardInput.IsTerminal)
            return Take();
        using var hidden = new HiddenTyping();
        _input.Idle = hidden.Keep;
        Say(prompt);
        try
        {
            return Take();
        }
        finally
        {
            _input.Idle = null;
            Say("\n");
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        _input.Dispose();
    }

    private ShownSecret Take()
    {
        var text = GC.AllocateArray<char>(Longest, pinned: true);
        try
        {
            var length = _lines.TryRead(out var line) && line.Length <= text.Length ? Encoding.UTF8.GetChars(line, text) : 0;
            return length > 0 ? new ShownSecret(text.AsSpan(0, length)) : throw new CommandException(ExitCode.Error, "Nothing was given.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    private static void Say(string text)
    {
        try
        {
            // The runtime's console would take the terminal's modes as they are now for those to leave behind.
            using var errors = new FileStream(new SafeFileHandle(2, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            errors.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The terminal is gone, and nobody reads it.
        }
    }
}
