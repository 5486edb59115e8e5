namespace WireGuard.Engine.Device;

/// <summary>
/// A peer's sessions: the one it sends on, the one before (packets still on the way), and, at a responder, the one that
/// the initiator has yet to confirm by using it. Writers hold a lock; <see cref="Current"/> is read without.
/// </summary>
internal sealed class Keypairs(IndexTable indices)
{
    private readonly Lock _lock = new();
    private Keypair? _current;

    /// <summary>Whoever seals with it brackets that by TryUse and Release.</summary>
    internal Keypair? Current => Volatile.Read(ref _current);

    internal Keypair? Previous { get; private set; }

    internal Keypair? Next { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>A new session: an initiator uses it at once, a responder waits for the first packet on it.</summary>
    internal void Add(Keypair added)
    {
        lock (_lock)
        {
            if (added.IsInitiator)
            {
                // A session that we as responder offered and that was never confirmed may yet bring packets: it is kept
                // in the previous place rather than the one that is now replaced.
                var replaced = Next is null ? null : _current;
                Retire(Previous);
                Previous = Next ?? _current;
                Next = null;
                Retire(replaced);
                Volatile.Write(ref _current, added);
            }
            else
            {
                Retire(Next);
                Retire(Previous);
                Previous = null;
                Next = added;
            }
        }
    }

    /// <summary>The first packet on the waiting session makes it the current one. True when that just happened.</summary>
    internal bool Confirm(Keypair received)
    {
        if (!ReferenceEquals(Next, received))
            return false;
        lock (_lock)
        {
            if (!ReferenceEquals(Next, received))
                return false;
            Retire(Previous);
            Previous = _current;
            Volatile.Write(ref _current, received);
            Next = null;
            return true;
        }
    }

    /// <summary>All sessions stop sending; what is on its way may still come in (private-key change).</summary>
    internal void StopSending()
    {
        lock (_lock)
        {
            _current?.MaySend = false;
            Next?.MaySend = false;
        }
    }

    /// <summary>All sessions go and their keys are zeroed.</summary>
    internal void Clear()
    {
        lock (_lock)
        {
            Retire(Previous);
            Retire(Next);
            Retire(_current);
            Previous = null;
            Next = null;
            Volatile.Write(ref _current, null);
        }
    }

    private void Retire(Keypair? keypair)
    {
        if (keypair is null)
            return;
        keypair.MaySend = false;
        indices.Remove(keypair.LocalIndex);
        keypair.Release();
    }
}
