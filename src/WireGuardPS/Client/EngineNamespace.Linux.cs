namespace WireGuard.Client;

internal static partial class EngineNamespace
{
    // A link "net:[4026531840]", which tells the namespace's number (namespaces(7)).
    private static bool IsAnothersOnLinux(int processId)
    {
        try
        {
            var ours = new FileInfo("/proc/self/ns/net").LinkTarget;
            return ours is not null && new FileInfo($"/proc/{processId}/ns/net").LinkTarget is { } theirs && theirs != ours;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
