using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// Keeps descriptors open while threads are inside a system call with them. Users enter and leave (two interlocked
/// operations a batch); whoever closes shuts the gate, waits until the last user has left and only then closes the
/// descriptors, so that a number is never used after the kernel has given it to something else, and a port is free
/// when the close returns. Any thread.
/// </summary>
internal sealed class LeaseGate
{
    private const int ShutBit = int.MinValue;

    /// <summary>Users inside, and the sign bit once shut.</summary>
    private int _state;

    /// <summary>False once the gate is shut; else <see cref="Leave"/> must follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _state) > 0)
            return true;
        Interlocked.Decrement(ref _state);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave() => Interlocked.Decrement(ref _state);

    /// <summary>
    /// Shuts the gate, calls <paramref name="wakeUsers"/> so that nobody stays asleep inside, and waits for the users.
    /// Must not be called by a user that is inside. False when it was shut already.
    /// </summary>
    public bool Shut(Action? wakeUsers = null)
    {
        if ((Interlocked.Or(ref _state, ShutBit) & ShutBit) != 0)
            return false;
        wakeUsers?.Invoke();
        var wait = new SpinWait();
        while (Volatile.Read(ref _state) != ShutBit)
            wait.SpinOnce();
        return true;
    }
}
