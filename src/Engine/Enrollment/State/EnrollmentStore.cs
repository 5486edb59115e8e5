using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// The state of enrollment in one file that is only ever added to, or replaced as a whole: what <see cref="Append"/> has come
/// back from is there after a kill at any instant, and nothing half written is read. A damaged file is refused and not
/// touched. One process at a time; one thread at a time.
/// </summary>
internal sealed class EnrollmentStore : IStateJournal
{
    internal const string FileName = "state"; // Also of ServedLocation (Config), which who starts tunnels looks for.

    private const string LockName = "lock";
    private const string NextName = "state.new";

    private const int MinRecords = 4096;

    private readonly string _directory;
    private readonly FileStream _lock;
    private readonly int _minRecords;
    private readonly StateBuffer _body = new();
    private readonly StateBuffer _record = new();
    private FileStream _file;
    private long _end;
    private long _records;
    private long _recordsToReplace;
    private string? _broken;

    private EnrollmentStore(string directory, FileStream held, FileStream file, int minRecords)
    {
        _minRecords = minRecords;
        _directory = directory;
        _lock = held;
        _file = file;
    }

    public EnrollmentState State { get; private set; } = new();

    /// <summary>Records in the file, for tests.</summary>
    internal long Records => _records;

    /// <summary>Reads what is there, or begins with a new key for the server.</summary>
    /// <param name="directory">Of one tunnel; made with mode 0700 if it is missing.</param>
    /// <param name="minRecords">The file is written anew when this many records have come together, and twice as many as it takes.</param>
    /// <exception cref="StateException">It is damaged (<see cref="StateDamagedException"/>), in use, not safe, or cannot be read or written. Nothing was changed.</exception>
    internal static EnrollmentStore Open(string directory, int minRecords = MinRecords)
    {
        StateDirectory.Ensure(directory);
        var held = Lock(directory);
        EnrollmentStore? store = null;
        try
        {
            var path = Path.Combine(directory, FileName);
            StateDirectory.CheckFile(path);
            if (!File.Exists(path))
                Create(directory);
            store = new EnrollmentStore(directory, held, OpenFile(path), minRecords);
            store.Load(path);
            return store;
        }
        catch (Exception failure)
        {
            store?.Dispose();
            held.Dispose();
            if (failure is IOException or UnauthorizedAccessException)
                throw new StateException($"The state in {directory} cannot be used: {failure.Message}", failure);
            throw;
        }
    }

    /// <summary>
    /// Moves a file that is refused out of the way, under a name that nothing had, so that the next <see cref="Open"/> begins anew: with a
    /// new key for the server and without peers. For a person to decide, never done by itself.
    /// </summary>
    /// <returns>Where it is now.</returns>
    internal static string SetAside(string directory)
    {
        using var held = Lock(directory);
        for (var number = 1; ; number++)
        {
            var aside = Path.Combine(directory, $"{FileName}.aside-{number}");
            if (File.Exists(aside))
                continue;
            File.Move(Path.Combine(directory, FileName), aside, overwrite: false);
            StateDirectory.Flush(directory);
            return aside;
        }
    }

    public void Append(params IReadOnlyList<StateChange> changes)
    {
        if (_broken is not null)
            throw new IOException(_broken);
        _body.Clear();
        _record.Clear();
        foreach (var change in changes)
            StateCodec.Write(_body, change);
        if (_body.Length > StateFormat.MaxBody)
            throw new IOException("These are more changes than one record can hold.");
        StateFormat.WriteRecord(_record, _body.Written, _records);
        try
        {
            _file.Position = _end;
            _file.Write(_record.Written);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            TakeBack(failure);
            throw failure as IOException ?? new IOException(failure.Message, failure);
        }
        finally
        {
            _body.Clear();
        }

        _end += _record.Length;
        _records++;
        _record.Clear();
        foreach (var change in changes)
            State.Apply(change);
        if (_records >= _recordsToReplace)
            Replace();
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
        _body.Dispose();
        _record.Dispose();
        State.Dispose();
    }

    private void Load(string path)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)_file.Length), pinned: true);
        try
        {
            _file.ReadExactly(bytes);
            (_end, _records) = StateFormat.Read(bytes, body =>
            {
                foreach (var change in StateCodec.Read(body))
                {
                    State.Apply(change);
                    (change as ServerKeySet)?.Key.Dispose();
                }
            });
            if (!State.HasIdentity)
                throw new InvalidDataException("it holds no key of the server's");
        }
        catch (InvalidDataException damage)
        {
            throw new StateDamagedException(
                $"{path} is damaged: {damage.Message}. It was left as it is. Bring back a copy of it, or set it aside and let all peers join anew.",
                damage);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        _recordsToReplace = Math.Max(_minRecords, 2 * State.Summary().LongCount());
        // What was being written when the last process ended. Nobody was told of it.
        if (_end < _file.Length)
        {
            _file.SetLength(_end);
            _file.Flush(flushToDisk: true);
        }
    }

    // The file ends where it ended, or nothing more is written to it: after a failed flush nobody knows what is on the disk.
    private void TakeBack(Exception failure)
    {
        try
        {
            _file.SetLength(_end);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException)
        {
            _broken = $"The state could not be written ({failure.Message}) nor taken back ({again.Message}); start the server again.";
        }
    }

    /// <summary>Writes the file anew with what is there and no more; <see cref="Append"/> does it by itself in time.</summary>
    internal void Replace()
    {
        var next = Path.Combine(_directory, NextName);
        long records;
        try
        {
            records = WriteNew(_directory, State.Summary());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The file that is there goes on to be good; a full disk gets back what this took.
            _recordsToReplace = _records + _minRecords;
            TryDelete(next);
            return;
        }

        try
        {
            var path = Path.Combine(_directory, FileName);
            File.Move(next, path, overwrite: true);
            StateDirectory.Flush(_directory);
            _file.Dispose();
            _file = OpenFile(path);
            (_end, _records) = (_file.Length, records);
            _recordsToReplace = Math.Max(_minRecords, 2 * records);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What was to be kept is kept, in the old file or the new one; which, the next start sees.
            _broken = $"The state could not be written anew ({failure.Message}); start the server again.";
        }
    }

    private static void Create(string directory)
    {
        Span<byte> bytes = stackalloc byte[SecretKey.Size];
        SecureRandom.Fill(bytes);
        using var key = new SecretKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        key.Clamp();
        WriteNew(directory, [new ServerKeySet(key)]);
        File.Move(Path.Combine(directory, NextName), Path.Combine(directory, FileName), overwrite: false);
        StateDirectory.Flush(directory);
    }

    private static long WriteNew(string directory, IEnumerable<StateChange> changes)
    {
        using var bytes = new StateBuffer();
        using var body = new StateBuffer();
        bytes.Add(StateFormat.Header);
        var records = 0L;
        foreach (var change in changes)
        {
            body.Clear();
            StateCodec.Write(body, change);
            StateFormat.WriteRecord(bytes, body.Written, records++);
        }

        // A file of that name is what an attempt has left that was cut short.
        var path = Path.Combine(directory, NextName);
        File.Delete(path);
        using var file = new FileStream(path, Options(FileMode.CreateNew));
        file.Write(bytes.Written);
        file.Flush(flushToDisk: true);
        return records;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next attempt deletes it first.
        }
    }

    private static FileStream OpenFile(string path) => new(path, Options(FileMode.Open));

    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, LockName), Options(FileMode.OpenOrCreate));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state in {directory} is in use by another process, or cannot be opened: {failure.Message}", failure);
        }
    }

    // No buffer: a write is one call, and what it holds is not copied to where nobody zeroes it.
    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
