namespace WireGuard.Engine.Interop.Linux;

/// <summary>Whether a process still runs, by proc(5).</summary>
internal static class ProcessState
{
    /// <summary>False once it is gone or is a zombie, which holds nothing any more but whose parent may never ask.</summary>
    public static bool IsRunning(int processId)
    {
        try
        {
            // "PID (NAME) STATE ...", where NAME may hold anything.
            var status = File.ReadAllText($"/proc/{processId}/stat");
            var end = status.LastIndexOf(')');
            return end < 0 || end + 2 >= status.Length || status[end + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
