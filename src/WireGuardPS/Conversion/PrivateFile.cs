using System.Text;
using WireGuard.Errors;

namespace WireGuard.Conversion;

/// <summary>A file that its owner alone can read, written whole or not at all.</summary>
internal static class PrivateFile
{
    private const string Elsewhere = "Run PowerShell as root, or write where this user may.";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="replace">Whether a file that is there is replaced, mode and all; a link gives way to a file.</param>
    /// <exception cref="WgException">FileExists, AccessDenied, WriteFailed; a file that was there is as it was.</exception>
    internal static void Write(string path, bool replace, Action<TextWriter> content) => WriteBytes(path, replace, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        content(writer);
    });

    /// <inheritdoc cref="Write"/>
    internal static void WriteBytes(string path, bool replace, Action<Stream> content)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}.new";
        try
        {
            if (!replace && (Path.Exists(path) || IsLink(path)))
                throw Exists(path);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (var stream = new FileStream(temporary, options))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, replace);
        }
        catch (Exception e)
        {
            Forget(temporary);
            throw e switch
            {
                UnauthorizedAccessException => new WgException(ErrorIds.AccessDenied, $"The file '{path}' may not be written by this user.", e) { Advice = Elsewhere },
                IOException when !replace && File.Exists(path) => Exists(path),
                IOException => new WgException(ErrorIds.WriteFailed, $"The file '{path}' was not written: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>Makes a folder that its owner alone can enter, unless it is there.</summary>
    /// <exception cref="WgException">AccessDenied, WriteFailed.</exception>
    internal static void MakeFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WgException(ErrorIds.AccessDenied, $"The folder '{path}' may not be made by this user.", e) { Advice = Elsewhere };
        }
        catch (IOException e)
        {
            throw new WgException(ErrorIds.WriteFailed, $"The folder '{path}' was not made: {e.Message}", e);
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static WgException Exists(string path) => new(ErrorIds.FileExists, $"There is a file '{path}' already.");

    private static void Forget(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What kept it from being written keeps it from being deleted; nobody else can read it.
        }
    }
}
