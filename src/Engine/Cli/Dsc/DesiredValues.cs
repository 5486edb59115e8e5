using WireGuard.Engine.Control;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>Whether values can be, as an engine would judge them, without one.</summary>
internal static class DesiredValues
{
    /// <exception cref="CommandException">Usage: the reading has found a value that cannot be.</exception>
    public static void Check(Action read)
    {
        try
        {
            read();
        }
        catch (ControlException failure)
        {
            throw new CommandException(ExitCode.Usage, failure.Message, failure);
        }
    }
}
