namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// One engine at a time looks for free numbers and takes them, so that two that start together do not take the same.
/// The kernel opens the lock of an engine that dies.
/// </summary>
internal static class HostLock
{
    private const string FileName = "host-network.lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Holds it until what is returned is disposed of.</summary>
    /// <exception cref="HostNetworkException">Somebody else held it for too long.</exception>
    public static IDisposable Take(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                return new FileStream(path, Options());
            }
            catch (IOException) when (Environment.TickCount64 < deadline)
            {
                Thread.Sleep(Pause);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new HostNetworkException($"waiting for {path}", failure.Message, failure);
            }
        }
    }

    // The directory may be one that others can enter: whoever could open the file could hold it.
    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
