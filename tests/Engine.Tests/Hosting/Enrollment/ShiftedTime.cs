namespace WireGuard.Tests.Hosting;

/// <summary>The system's time, ahead by as much as a test says.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    internal TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
