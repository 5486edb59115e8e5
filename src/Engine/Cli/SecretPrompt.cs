using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>Asks for a secret: on a terminal without echo, else by one line of standard input. Never by an argument, which others can read.</summary>
internal static class SecretPrompt
{
    private const int Longest = 1024;

    /// <summary>The caller disposes of it.</summary>
    /// <exception cref="CommandException">There was none.</exception>
    public static ShownSecret Read(string prompt)
    {
        var text = GC.AllocateArray<char>(Longest, pinned: true);
        try
        {
            var length = Console.IsInputRedirected ? ReadLine(text) : ReadKeys(prompt, text);
            return length > 0 ? new ShownSecret(text.AsSpan(0, length)) : throw new CommandException(ExitCode.Error, "Nothing was given.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    private static int ReadLine(Span<char> text)
    {
        using var lines = new SecretLineReader(Console.OpenStandardInput());
        return lines.TryRead(out var line) && line.Length <= text.Length ? Encoding.UTF8.GetChars(line, text) : 0;
    }

    private static int ReadKeys(string prompt, Span<char> text)
    {
        Console.Error.Write(prompt);
        var length = 0;
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                length = Math.Max(0, length - 1);
            else if (!char.IsControl(key.KeyChar) && length < text.Length)
                text[length++] = key.KeyChar;
        }

        Console.Error.WriteLine();
        return length;
    }
}
