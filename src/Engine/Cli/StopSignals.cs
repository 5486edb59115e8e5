using System.Runtime.InteropServices;

namespace WireGuard.Engine.Cli;

/// <summary>SIGINT and SIGTERM as a cancellation, from start to end of a command, so that none falls between two waits.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    internal StopSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    internal CancellationToken Token => _stop.Token;

    /// <summary>The signal that came, for the log.</summary>
    internal string Reason { get; private set; } = "";

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Reason = context.Signal.ToString();
        _stop.Cancel();
    }
}
