namespace WireGuard.Engine.Hosting;

/// <summary>A wait for a name's address was ended; the message says for which name, and why it took so long.</summary>
internal sealed class ResolutionCanceledException(string message, Exception inner, CancellationToken token)
    : OperationCanceledException(message, inner, token);
