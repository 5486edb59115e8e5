namespace WireGuard.Engine.HostNetwork;

/// <summary>The kernel's settings that are changed here, in the network namespace of the calling thread.</summary>
internal static class Sysctl
{
    /// <summary>The reverse path filter heeds marks, so that answers to the tunnel's own datagrams pass it.</summary>
    public const string SourceValidMark = "net/ipv4/conf/all/src_valid_mark";

    public static bool IsKnown(string key) => key == SourceValidMark;

    /// <summary>net.ipv4..., as people write it.</summary>
    public static string NameOf(string key) => key.Replace('/', '.');

    /// <exception cref="HostNetworkException"/>
    public static string Read(string key)
    {
        try
        {
            return File.ReadAllText(PathOf(key)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException($"reading {NameOf(key)}", failure.Message, failure);
        }
    }

    /// <exception cref="HostNetworkException"/>
    public static void Write(string key, string value)
    {
        try
        {
            File.WriteAllText(PathOf(key), value);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException($"setting {NameOf(key)} to {value}", failure.Message, failure);
        }
    }

    private static string PathOf(string key) => Path.Combine("/proc/sys", key);
}
