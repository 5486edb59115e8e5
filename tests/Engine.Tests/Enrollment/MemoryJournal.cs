using WireGuard.Api;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>State that nothing keeps, for tests that are not about keeping it. Fails when it is told to.</summary>
internal sealed class MemoryJournal : IStateJournal
{
    internal MemoryJournal(SecretKey? serverKey = null)
    {
        using var key = serverKey ?? SecretKey.RandomPrivateKey();
        State.Apply(new ServerKeySet(key));
    }

    public EnrollmentState State { get; } = new();

    internal bool IsFull { get; set; }

    internal List<StateChange> Changes { get; } = [];

    public void Dispose() => State.Dispose();

    public void Append(params IReadOnlyList<StateChange> changes)
    {
        if (IsFull)
            throw new IOException("No space left on device");
        foreach (var change in changes)
        {
            State.Apply(change);
            Changes.Add(change);
        }
    }
}
