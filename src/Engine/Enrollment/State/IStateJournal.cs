namespace WireGuard.Engine.Enrollment;

/// <summary>Where changes go before anybody hears of them.</summary>
internal interface IStateJournal : IDisposable
{
    EnrollmentState State { get; }

    /// <summary>Keeps these changes, all or none, for ever; then applies them to <see cref="State"/>.</summary>
    /// <exception cref="IOException">They could not be kept, and nothing has changed.</exception>
    void Append(params IReadOnlyList<StateChange> changes);
}
