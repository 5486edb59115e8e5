namespace WireGuard.Engine.Udp;

/// <summary>
/// One lane's UDP sockets over recvmmsg(2) and sendmmsg(2). The pair of descriptors behind it changes with a rebind, at
/// any moment; a call that has begun ends on the pair it began with.
/// </summary>
public sealed unsafe partial class LinuxUdpSocket : IUdpSocket
{
    private UdpSocketPair? _pair;

    internal LinuxUdpSocket()
    {
    }

    /// <summary>Null while closed.</summary>
    internal UdpSocketPair? Pair => Volatile.Read(ref _pair);

    /// <summary>Ends a wait that has the old descriptors in its poll set; set by the lane's I/O.</summary>
    internal Action? Waker { get; set; }

    /// <summary>The pair in use, entered, or null while closed; leaving its gate must follow.</summary>
    internal UdpSocketPair? Borrow()
    {
        // A pair that shuts has been replaced before it shut, so this ends.
        while (Pair is { } pair)
        {
            if (pair.Gate.TryEnter())
                return pair;
        }
        return null;
    }

    /// <summary>Puts the new pair in place, lets the lane see it, and closes the old one. Control path, under the bind's lock.</summary>
    internal void Replace(UdpSocketPair? pair)
    {
        var old = Interlocked.Exchange(ref _pair, pair);
        if (old is not null)
            old.Close(Waker);
        else
            Waker?.Invoke();
    }
}
