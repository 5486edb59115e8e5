using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Runs one change and gives its failure a name.</summary>
internal static class NetlinkStep
{
    /// <exception cref="HostNetworkException"/>
    public static void Run(string step, Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException exception)
        {
            throw new HostNetworkException(step, exception.Reason, exception);
        }
    }

    /// <summary>Takes something away that may be gone: no such device, address or route is no failure.</summary>
    /// <exception cref="HostNetworkException"/>
    public static void RunIfStillThere(string step, Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException exception) when (exception.ErrorCode is Errno.ENODEV or Errno.ENXIO or Errno.EADDRNOTAVAIL or Errno.ESRCH or Errno.ENOENT)
        {
        }
        catch (LinuxException exception)
        {
            throw new HostNetworkException(step, exception.Reason, exception);
        }
    }
}
