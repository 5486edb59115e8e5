namespace WireGuard.Engine.Diagnostics;

/// <summary>
/// Lines in a file of bounded size. What was there becomes FILE.1 when the log is opened and whenever the file is full, and
/// the oldest goes; so a file is always a new one of our own making (O_EXCL, mode 0600), and a symbolic link is never
/// followed. The directory must not be writable by others.
/// </summary>
public sealed class FileLog : LineLog, IDisposable
{
    public const long DefaultMaxBytes = 1024 * 1024;

    /// <summary>Room for the longest line there can be.</summary>
    public const long MinMaxBytes = 16 * 1024;

    private readonly string _path;
    private readonly string _tunnel;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private FileStream? _file;
    private long _length;
    private bool _disposed;

    /// <param name="path">The file; FILE.1 beside it holds what came before.</param>
    /// <param name="tunnel">Stands in each line.</param>
    /// <param name="maxBytes">At least <see cref="MinMaxBytes"/>: the file's largest size; both together take at most twice as much.</param>
    /// <param name="time">For the lines' time.</param>
    /// <exception cref="IOException">There is a symbolic link or a directory in the way, or the file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public FileLog(string path, string tunnel, long maxBytes = DefaultMaxBytes, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, MinMaxBytes);
        _path = Path.GetFullPath(path);
        _tunnel = tunnel;
        _maxBytes = maxBytes;
        _time = time ?? TimeProvider.System;
        _file = Create();
    }

    private string OldPath => _path + ".1";

    public void Dispose()
    {
        _disposed = true;
        _file?.Dispose();
    }

    protected override string Format(LogLevel level, string message) => WithTime(_time.GetUtcNow(), level, _tunnel, message);

    protected override void WriteLine(ReadOnlySpan<byte> line)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_file is null || _length + line.Length > _maxBytes)
        {
            _file?.Dispose();
            _file = null;
            _file = Create();
        }

        _file.Write(line);
        _length += line.Length;
    }

    private FileStream Create()
    {
        if (new FileInfo(_path).LinkTarget is not null)
            throw new IOException($"{_path} is a symbolic link; the log does not follow it.");
        if (File.Exists(_path))
            File.Move(_path, OldPath, overwrite: true);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(_path, options);
        _length = 0;
        return file;
    }
}
