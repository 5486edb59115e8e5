namespace WireGuard.Engine.HostNetwork;

/// <summary>The kernel's settings that are changed here, in the network namespace of the calling thread.</summary>
internal static class Sysctl
{
    /// <summary>The reverse path filter heeds marks, so that answers to the tunnel's own datagrams pass it.</summary>
    public const string SourceValidMark = "net/ipv4/conf/all/src_valid_mark";

    /// <summary>What is asked of the interface that a packet came in by; the name "all" is all of them and those to come.</summary>
    public static string ForwardingIPv4(string name) => $"net/ipv4/conf/{name}/forwarding";

    /// <summary>Of one interface it says no more than that it is a router's; only that of "all" passes packets on.</summary>
    public static string ForwardingIPv6(string name) => $"net/ipv6/conf/{name}/forwarding";

    /// <summary>As <see cref="ForwardingIPv4"/>, since Linux 6.17.</summary>
    public static string ForceForwardingIPv6(string name) => $"net/ipv6/conf/{name}/force_forwarding";

    /// <summary>Whether a router's advertisements are heeded: 1, unless this host is a router itself; 2, even then.</summary>
    public static string AcceptRouters(string name) => $"net/ipv6/conf/{name}/accept_ra";

    /// <summary>When the first address of a subnet goes, the next one takes its place; else the kernel takes all of them, and routes with the last.</summary>
    public static string PromoteSecondaries(string name) => $"net/ipv4/conf/{name}/promote_secondaries";

    public static bool IsKnown(string key) => key == SourceValidMark || key.Split('/') switch
    {
        ["net", "ipv4", "conf", var name, "forwarding"] => IsInterface(name),
        ["net", "ipv6", "conf", var name, "forwarding" or "force_forwarding" or "accept_ra"] => IsInterface(name),
        _ => false,
    };

    /// <summary>The same setting of another interface; of one that no interface has, itself.</summary>
    public static string OfInterface(string key, string name) =>
        key.Split('/') is [var net, var family, "conf", not "all", var setting] ? $"{net}/{family}/conf/{name}/{setting}" : key;

    /// <summary>An interface has it, in a kernel that knows it.</summary>
    public static bool Exists(string key) => File.Exists(PathOf(key));

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

    private static bool IsInterface(string name) => name is not ("" or "." or "..");

    private static string PathOf(string key) => Path.Combine("/proc/sys", key);
}
