using System.Runtime.InteropServices;

namespace WireGuard.Engine.Cli;

/// <summary>
/// The signals that ask for an end (SIGINT, SIGTERM, SIGQUIT, SIGHUP) as a cancellation, from start to end of a command,
/// so that none falls between two waits.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // Not disposed of: a handler may still run when its registration is gone.
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="endsOnHangUp">False: SIGHUP passes without effect, for what outlives its terminal.</param>
    internal StopSignals(bool endsOnHangUp = true)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, endsOnHangUp ? Stop : static context => context.Cancel = true),
        ];
    }

    internal CancellationToken Token => _stop.Token;

    /// <summary>A signal came, its name and whether somebody wants the end: a terminal that is gone does not. Also a second and third one.</summary>
    internal event Action<string, bool>? Asked;

    /// <summary>What asked for the end, for the log.</summary>
    internal string Reason { get; private set; } = "";

    /// <summary>Somebody wants the end: a terminal that is gone does not.</summary>
    internal bool IsAskedFor { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    /// <summary>Asks for the end as a signal does; any thread.</summary>
    internal void Request(string reason) => Request(reason, isAskedFor: true);

    private void Request(string reason, bool isAskedFor)
    {
        Reason = reason;
        // Once said, no hang-up takes it back.
        if (isAskedFor)
            IsAskedFor = true;
        _stop.Cancel();
        Asked?.Invoke(reason, isAskedFor);
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Request(context.Signal.ToString(), context.Signal != PosixSignal.SIGHUP);
    }
}
