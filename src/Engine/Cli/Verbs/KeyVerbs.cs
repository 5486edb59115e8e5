using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`genkey`, `genpsk`, `pubkey`: keys as lines of base64, as wg(8) has them. No key ever becomes a string.</summary>
internal static class KeyVerbs
{
    /// <summary>44 characters and the line's end.</summary>
    private const int LineLength = 45;

    public static Command CreateGenKey()
    {
        var command = new Command("genkey", "Make a private key.");
        command.SetAction(_ => (int)Write(SecretKey.RandomPrivateKey()));
        return command;
    }

    public static Command CreateGenPsk()
    {
        var command = new Command("genpsk", "Make a preshared key.");
        command.SetAction(_ => (int)Write(SecretKey.Random()));
        return command;
    }

    public static Command CreatePubKey()
    {
        var command = new Command("pubkey", "Read private keys from standard input, a line each, and write their public keys.");
        command.SetAction(_ =>
        {
            using var input = Console.OpenStandardInput();
            using var output = Console.OpenStandardOutput();
            return (int)WritePublicKeys(input, output);
        });
        return command;
    }

    /// <summary>One public key a line, written at once, until the input ends.</summary>
    /// <exception cref="CommandException">A line is no key; the message gives its number, not its text.</exception>
    internal static ExitCode WritePublicKeys(Stream input, Stream output)
    {
        var lines = new SecretLineReader(input);
        using (lines)
        {
            while (lines.TryRead(out var line))
            {
                if (!SecretKey.TryParseUtf8(line, out var privateKey))
                    throw new CommandException(ExitCode.Error, $"Line {lines.LineNumber} of standard input is not a key: a key is 44 characters of base64 (32 bytes).");
                using (privateKey)
                    WriteLine(output, PublicKeyOf(privateKey));
            }
        }

        return lines.LineNumber > 0 ? ExitCode.Ok : throw new CommandException(ExitCode.Error, "Standard input has no key.");
    }

    private static ExitCode Write(SecretKey key)
    {
        using (key)
        using (var output = Console.OpenStandardOutput())
            WriteLine(output, key.Span);
        return ExitCode.Ok;
    }

    private static byte[] PublicKeyOf(SecretKey privateKey)
    {
        var publicKey = new byte[PublicKey.Size];
        X25519.PublicKey(publicKey, privateKey.Span);
        return publicKey;
    }

    private static void WriteLine(Stream output, ReadOnlySpan<byte> key)
    {
        Span<byte> line = stackalloc byte[LineLength];
        try
        {
            Base64.EncodeToUtf8(key, line, out _, out var written);
            line[written] = (byte)'\n';
            output.Write(line[..(written + 1)]);
            output.Flush();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }
}
