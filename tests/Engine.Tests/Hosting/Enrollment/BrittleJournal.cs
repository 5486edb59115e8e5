using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Hosting;

/// <summary>A store on a disk that is full when a test says so.</summary>
internal sealed class BrittleJournal(IStateJournal store) : IStateJournal
{
    internal bool IsFull { get; set; }

    public EnrollmentState State => store.State;

    public void Append(params IReadOnlyList<StateChange> changes)
    {
        if (IsFull)
            throw new IOException("No space left on device.");
        store.Append(changes);
    }

    public void Dispose() => store.Dispose();
}
