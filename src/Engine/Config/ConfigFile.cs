using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace WireGuard.Configuration;

[Flags]
internal enum FileExposure
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>
/// The text of a file in pinned memory that <see cref="Dispose"/> zeroes, for there may be keys in it.
/// </summary>
internal sealed class ConfigFile : IDisposable
{
    private readonly char[] _text;

    private ConfigFile(char[] text, FileExposure exposure)
    {
        _text = text;
        Exposure = exposure;
    }

    internal ReadOnlyMemory<char> Text => _text;

    /// <summary>What users who are neither owner nor in the group may do with it.</summary>
    internal FileExposure Exposure { get; }

    /// <summary>Null when it cannot be read; the diagnostics say why.</summary>
    internal static ConfigFile? Read(string path, DiagnosticBag diagnostics)
    {
        byte[] bytes = [];
        try
        {
            if (Directory.Exists(path))
            {
                diagnostics.Error("FileUnreadable", default, "This is a directory, not a file.");
                return null;
            }

            if (IsEmptyOrSpecial(path))
            {
                diagnostics.Error("FileUnreadable", default, "This is empty or not a regular file; pipes and devices, such as /dev/stdin and the shell's <(...), are not read.");
                return null;
            }

            // Unbuffered: a buffer of the stream's own would keep a copy of the key.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var length = ReadAll(stream, ref bytes);
            if (length > ConfigParser.MaxFileBytes)
            {
                diagnostics.Error("FileTooLarge", default, $"The file is larger than {ConfigParser.MaxFileBytes / (1024 * 1024)} MiB.");
                return null;
            }

            return Decode(bytes.AsSpan(0, length), diagnostics) is { } text ? new ConfigFile(text, ExposureOf(stream)) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            diagnostics.Error("FileNotFound", default, "There is no such file.");
        }
        catch (UnauthorizedAccessException)
        {
            diagnostics.Error("FileUnreadable", default, "Permission to read the file is denied.");
        }
        catch (Exception e) when (e is IOException or NotSupportedException or ArgumentException)
        {
            diagnostics.Error("FileUnreadable", default, $"The file cannot be read: {e.Message}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        return null;
    }

    /// <summary>
    /// Whether there is nothing in it, or it is a pipe, device or socket, or a link to one: opening a pipe may block. Opens
    /// nothing: special files have a length of 0, which tells them from every file with a configuration in it.
    /// </summary>
    /// <exception cref="IOException">Nothing is there, or it cannot be looked at (also UnauthorizedAccessException).</exception>
    internal static bool IsEmptyOrSpecial(string path)
    {
        var target = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        // A link in /proc to a pipe names no file, and yet leads to one.
        return target.Exists ? target.Length == 0 : File.Exists(path);
    }

    public void Dispose() => _text.AsSpan().Clear();

    // Not by the length that the file claims: it may grow.
    private static int ReadAll(FileStream stream, ref byte[] bytes)
    {
        bytes = Allocate<byte>(4096);
        for (var length = 0; ; )
        {
            if (length == bytes.Length)
            {
                var larger = Allocate<byte>(Math.Min(length * 4, ConfigParser.MaxFileBytes + 1));
                bytes.CopyTo(larger, 0);
                CryptographicOperations.ZeroMemory(bytes);
                bytes = larger;
            }

            var read = stream.Read(bytes, length, bytes.Length - length);
            length += read;
            if (read == 0 || length > ConfigParser.MaxFileBytes)
                return length;
        }
    }

    private static char[]? Decode(ReadOnlySpan<byte> bytes, DiagnosticBag diagnostics)
    {
        if (bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]))
        {
            diagnostics.Error("InvalidEncoding", new(1, 1), "The file is UTF-16; save it as UTF-8.");
            return null;
        }

        if (!Utf8.IsValid(bytes))
        {
            diagnostics.Error("InvalidEncoding", FindInvalid(bytes), "The file is not valid UTF-8 here.");
            return null;
        }

        var text = Allocate<char>(Encoding.UTF8.GetCharCount(bytes));
        Encoding.UTF8.GetChars(bytes, text);
        return text;
    }

    private static ConfigPosition FindInvalid(ReadOnlySpan<byte> bytes)
    {
        var (line, column) = (1, 1);
        while (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + rune.Utf16SequenceLength);
            bytes = bytes[consumed..];
        }

        return new(line, column);
    }

    private static FileExposure ExposureOf(FileStream stream)
    {
        if (OperatingSystem.IsWindows() || !stream.CanSeek)
            return FileExposure.None;
        // Who cannot pass the directory cannot open the file (wg-quick(8) looks at both as well).
        var path = File.ResolveLinkTarget(stream.Name, returnFinalTarget: true)?.FullName ?? stream.Name;
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory
            && !File.GetUnixFileMode(directory).HasFlag(UnixFileMode.OtherExecute))
            return FileExposure.None;
        var mode = File.GetUnixFileMode(stream.SafeFileHandle);
        return (mode.HasFlag(UnixFileMode.OtherRead) ? FileExposure.Read : 0) | (mode.HasFlag(UnixFileMode.OtherWrite) ? FileExposure.Write : 0);
    }

    private static T[] Allocate<T>(int length) where T : unmanaged => GC.AllocateArray<T>(length, pinned: true);
}
