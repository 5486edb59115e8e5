using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

public sealed unsafe partial class LinuxUdpSocket
{
    /// <summary>Sending threads at once that find messages ready: the lane, handshakes, timers, and one to spare.</summary>
    private const int Spares = 4;

    private readonly OutgoingMessages?[] _spare = new OutgoingMessages?[Spares];

    public int Send(PacketBatch batch)
    {
        if (Borrow() is not { } pair)
            return 0;
        try
        {
            var messages = TakeMessages();
            var taken = SendAll(pair, messages, batch);
            GiveBack(messages);
            return taken;
        }
        finally
        {
            pair.Gate.Leave();
        }
    }

    private static int SendAll(UdpSocketPair pair, OutgoingMessages messages, PacketBatch batch)
    {
        var taken = 0;
        var next = 0;
        var aloneBefore = 0;
        while (next < batch.Count)
        {
            next = messages.Collect(batch, next, pair.Segments ? aloneBefore : int.MaxValue);
            taken += SendCollected(pair, messages, ref next, ref aloneBefore);
        }
        return taken;
    }

    /// <param name="next">The slot to go on with; set back when the datagrams of a message must go again, each alone.</param>
    /// <param name="aloneBefore">Set behind the datagrams of such a message.</param>
    private static int SendCollected(UdpSocketPair pair, OutgoingMessages messages, ref int next, ref int aloneBefore)
    {
        var descriptor = messages.Family switch
        {
            4 => pair.IPv4,
            6 => pair.IPv6,
            _ => -1,
        };
        if (descriptor < 0)
            return 0;
        var taken = 0;
        var message = 0;
        while (message < messages.Count)
        {
            var sent = Libc.SendMessages(descriptor, messages.Messages + message, (uint)(messages.Count - message), Libc.MSG_DONTWAIT);
            if (sent > 0)
            {
                for (var end = message + sent; message < end; message++)
                    taken += messages.Datagrams(message);
                continue;
            }
            // Nothing went, so the error is that of the first message: sendmmsg stops before one that fails.
            var error = Libc.LastError;
            if (error == Errno.EINTR)
                continue;
            if (error == Errno.EAGAIN)
                break;
            if (MayBeTheSource(error) && messages.RemoveSource(message))
                continue;
            if (messages.Datagrams(message) > 1)
            {
                // Whatever it was, each alone may go: in fragments if it was its length.
                pair.RunRefused(error);
                aloneBefore = message + 1 < messages.Count ? messages.FirstSlot(message + 1) : next;
                next = messages.FirstSlot(message);
                break;
            }
            message++;
        }
        return taken;
    }

    /// <summary>What the kernel answers to a source address it does not have (any more), or an interface that is gone.</summary>
    private static bool MayBeTheSource(int error) =>
        error is Errno.EINVAL or Errno.EADDRNOTAVAIL or Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.ENODEV or Errno.ENXIO;

    private OutgoingMessages TakeMessages()
    {
        for (var i = 0; i < Spares; i++)
        {
            if (Interlocked.Exchange(ref _spare[i], null) is { } messages)
                return messages;
        }
        return new OutgoingMessages();
    }

    private void GiveBack(OutgoingMessages messages)
    {
        for (var i = 0; i < Spares; i++)
        {
            if (Interlocked.CompareExchange(ref _spare[i], messages, null) is null)
                return;
        }
        messages.Dispose();
    }
}
