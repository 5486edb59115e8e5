using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Enrollment;

/// <summary>The directory of one tunnel's state: nobody but its owner may look into it, as there are private keys in it.</summary>
internal static class StateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint OthersMask = 0x3F; // S_IRWXG | S_IRWXO

    /// <summary>Creates it with mode 0700 if it is missing, then checks what is there.</summary>
    /// <exception cref="StateException">It is not safe, or could not be made.</exception>
    internal static void Ensure(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && !FileStatus.TryRead(path, out _))
                Directory.CreateDirectory(path, OwnerOnly);
            if (!FileStatus.TryRead(path, out var status))
                throw new StateException($"{path} vanished while it was being prepared.");
            if (status.IsSymbolicLink || !status.IsDirectory)
                throw new StateException($"{path} is not a directory.");
            CheckOwner(path, status);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"{path} cannot be used: {failure.Message}", failure);
        }
    }

    /// <exception cref="StateException">Others could have read or written it.</exception>
    internal static void CheckFile(string path)
    {
        if (!FileStatus.TryRead(path, out var status))
            return;
        if (status.IsSymbolicLink || status.IsDirectory)
            throw new StateException($"{path} is not a file.");
        CheckOwner(path, status);
    }

    /// <summary>Waits until names that were made or changed in it would survive the machine.</summary>
    /// <exception cref="IOException"/>
    internal static void Flush(string path)
    {
        var descriptor = Libc.Open(path, Libc.O_RDONLY);
        if (descriptor < 0)
            throw new IOException($"Opening {path} failed (error {Libc.LastError}).");
        var isDone = Libc.FileSync(descriptor) == 0;
        var error = Libc.LastError;
        _ = Libc.Close(descriptor);
        if (!isDone)
            throw new IOException($"Flushing {path} failed (error {error}).");
    }

    private static void CheckOwner(string path, FileStatus status)
    {
        if (status.Owner != 0 && status.Owner != EffectiveUser.Id)
            throw new StateException($"{path} belongs to user {status.Owner}.");
        if ((status.Mode & OthersMask) != 0)
            throw new StateException($"{path} is open to others than its owner, and holds private keys: take their rights away, and if somebody may have read it, make new keys.");
    }
}
