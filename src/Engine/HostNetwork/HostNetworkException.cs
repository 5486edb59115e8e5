namespace WireGuard.Engine.HostNetwork;

/// <summary>A step that the system refused: "adding route 10.0.0.0/24 to wg0: File exists".</summary>
/// <param name="step">What was being done, without capital and full stop.</param>
/// <param name="reason">The system's words.</param>
public sealed class HostNetworkException(string step, string reason, Exception? inner = null)
    : Exception($"{step}: {reason}", inner)
{
    public string Step { get; } = step;

    public string Reason { get; } = reason;

    /// <summary>Of what was done before it, this could not be taken back; null: everything was.</summary>
    public string? NotTakenBack { get; init; }
}
