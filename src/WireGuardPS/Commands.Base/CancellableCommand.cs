using System.Management.Automation;
using System.Security;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet whose waits end at Ctrl-C.</summary>
public abstract class CancellableCommand : PSCmdlet, IDisposable
{
    private static readonly TimeSpan ProgressAfter = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private string[] _arguments = [];

    /// <summary>PowerShell calls it when the pipeline has ended, however it ended.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _stop.Dispose();
    }

    // Before the first record only what the command line itself says is bound.
    protected sealed override void BeginProcessing() => _arguments = [.. MyInvocation.BoundParameters.Keys];

    /// <summary>Called on another thread; EndProcessing is not called afterwards.</summary>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Waits for the work on the pipeline's thread; after half a second a progress bar says for what.</summary>
    /// <param name="startsHere">As of <see cref="PipelinePump.Run"/>.</param>
    private protected T Await<T>(string activity, Func<PipelinePump, CancellationToken, Task<T>> work, bool startsHere = false) =>
        Await(waited => Record(activity, waited), work, startsHere);

    /// <inheritdoc cref="Await{T}(string, Func{PipelinePump, CancellationToken, Task{T}}, bool)"/>
    private protected T Await<T>(string activity, Func<CancellationToken, Task<T>> work, bool startsHere = false) =>
        Await(activity, (_, cancellation) => work(cancellation), startsHere);

    /// <param name="progress">What a progress bar shows after that time; null: none yet.</param>
    private protected T Await<T>(Func<TimeSpan, ProgressRecord?> progress, Func<PipelinePump, CancellationToken, Task<T>> work, bool startsHere = false)
    {
        ProgressRecord? shown = null;
        try
        {
            return Run(work, waited => shown = Show(progress(waited)) ?? shown, startsHere);
        }
        finally
        {
            Complete(shown);
        }
    }

    /// <summary>For what emits as it goes on, and may go on for ever: no progress bar.</summary>
    private protected T AwaitQuietly<T>(Func<PipelinePump, CancellationToken, Task<T>> work) => Run(work, null);

    /// <summary>
    /// For work that must not be left half done: Ctrl-C waits until it has ended. It bounds itself, and may give up at its
    /// token as long as it has changed nothing. What came of it is told by <see cref="WriteOutcome(object, string)"/>.
    /// </summary>
    private protected T Finish<T>(string activity, Func<CancellationToken, Task<T>> work)
    {
        ProgressRecord? shown = null;
        try
        {
            return PipelinePump.Run((_, _) => work(_stop.Token), waited => UnlessStopped(() => shown = Show(Record(activity, waited)) ?? shown), CancellationToken.None);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            UnlessStopped(() => Complete(shown));
        }
    }

    /// <summary>Emits what came of <see cref="Finish"/>. After Ctrl-C nothing is taken any more, and the host shows the words instead.</summary>
    private protected void WriteOutcome(object outcome, string words)
    {
        try
        {
            WriteObject(outcome);
        }
        catch (PipelineStoppedException)
        {
            Host.UI.WriteWarningLine(words);
            throw;
        }
    }

    /// <inheritdoc cref="WriteOutcome(object, string)"/>
    private protected void WriteFailure(WgException failure, object? target)
    {
        try
        {
            WriteError(failure, target);
        }
        catch (PipelineStoppedException) when (Stopping)
        {
            Host.UI.WriteErrorLine(failure.Message);
            throw;
        }
    }

    /// <summary>One item failed; the others go on. Several faults of it are errors of their own.</summary>
    private protected void WriteError(WgException exception, object? target)
    {
        foreach (var fault in exception.Each())
            WriteError(ErrorFactory.Create(fault, target));
    }

    /// <summary>Nothing can go on.</summary>
    private protected void ThrowError(WgException exception, object? target) => ThrowTerminatingError(ErrorFactory.Create(exception, target));

    /// <summary>Once a cmdlet, and only for an argument: text from the pipeline is in no history file.</summary>
    private protected void WarnOfPlainText(SecureString? key, string parameter, string what, ref bool warned)
    {
        if (warned || key is null || !_arguments.Contains(parameter, StringComparer.OrdinalIgnoreCase) || !SecretText.CameAsPlainText(key))
            return;
        warned = true;
        WriteWarning($"The {what} was given as plain text, which history files and transcripts keep. Use Read-Host -AsSecureString or Get-Secret.");
    }

    private T Run<T>(Func<PipelinePump, CancellationToken, Task<T>> work, Action<TimeSpan>? waiting, bool startsHere = false)
    {
        try
        {
            return PipelinePump.Run(work, waiting, _stop.Token, startsHere);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private static ProgressRecord? Record(string activity, TimeSpan waited) =>
        waited < ProgressAfter ? null : new ProgressRecord(0, activity, $"{waited.TotalSeconds:0} s");

    // Only the bar is given up: whoever writes next ends the cmdlet.
    private static void UnlessStopped(Action show)
    {
        try
        {
            show();
        }
        catch (PipelineStoppedException)
        {
        }
    }

    private ProgressRecord? Show(ProgressRecord? record)
    {
        if (record is not null)
            WriteProgress(record);
        return record;
    }

    private void Complete(ProgressRecord? shown)
    {
        if (shown is null || _stop.IsCancellationRequested)
            return;
        shown.RecordType = ProgressRecordType.Completed;
        WriteProgress(shown);
    }
}
