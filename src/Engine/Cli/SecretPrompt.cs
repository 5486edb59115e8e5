using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using WireGuard.Api;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli;

/// <summary>Asks for a secret: on a terminal without echo, else by one line of standard input. Never by an argument, which others can read.</summary>
internal static class SecretPrompt
{
    private const int Longest = 1024;

    /// <summary>The caller disposes of it.</summary>
    /// <param name="cancel">Breaks the question off.</param>
    /// <exception cref="CommandException">There was none.</exception>
    /// <exception cref="OperationCanceledException">Broken off; the terminal is as it was.</exception>
    public static ShownSecret Read(string prompt, CancellationToken cancel)
    {
        if (!StandardInput.IsThere)
            throw new CommandException(ExitCode.Error, "Standard input is closed: nobody can be asked.");
        using var input = new StandardInput(cancel);
        using var lines = new SecretLineReader(input);
        if (!StandardInput.IsTerminal)
            return Take(lines);
        using var hidden = new HiddenTyping();
        Say(prompt);
        try
        {
            return Take(lines);
        }
        finally
        {
            Say("\n");
        }
    }

    private static ShownSecret Take(SecretLineReader lines)
    {
        var text = GC.AllocateArray<char>(Longest, pinned: true);
        try
        {
            var length = lines.TryRead(out var line) && line.Length <= text.Length ? Encoding.UTF8.GetChars(line, text) : 0;
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
