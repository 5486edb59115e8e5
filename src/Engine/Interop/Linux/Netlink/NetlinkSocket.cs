namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>
/// A netlink socket in the network namespace of the thread that opens it. Requests are answered before the call
/// returns; one thread at a time.
/// </summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    public const int NETLINK_ROUTE = 0;

    /// <summary>Larger than any datagram of a dump (the kernel fills 32 KiB at most).</summary>
    private const int BufferSize = 65_536;

    private const int DumpAttempts = 8;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _descriptor;
    private uint _sequence;

    private NetlinkSocket(int descriptor) => _descriptor = descriptor;

    /// <summary>Takes each message of an answer.</summary>
    public delegate void MessageHandler(NetlinkMessage message);

    /// <summary>For poll.</summary>
    public int Descriptor => _descriptor;

    /// <param name="protocol"><see cref="NETLINK_ROUTE"/>, ...</param>
    /// <param name="groups">Bits of the multicast groups to hear (RTMGRP_...).</param>
    /// <exception cref="LinuxException"/>
    public static NetlinkSocket Open(int protocol = NETLINK_ROUTE, uint groups = 0)
    {
        var descriptor = Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
        if (descriptor < 0)
            throw LinuxException.FromLastError("socket(AF_NETLINK)");
        var address = new SocketAddressNetlink { Family = Libc.AF_NETLINK, Groups = groups };
        if (Libc.Bind(descriptor, &address, (uint)sizeof(SocketAddressNetlink)) != 0)
        {
            var failure = LinuxException.FromLastError("bind(AF_NETLINK)");
            _ = Libc.Close(descriptor);
            throw failure;
        }
        // Better error texts; kernels that lack them still answer.
        _ = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        _ = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
        return new NetlinkSocket(descriptor);
    }

    /// <summary>Has the kernel look at what a dump's request asks for; where it cannot (before 4.20), it sends everything as before.</summary>
    public void FilterDumps() => _ = Libc.SetOption(_descriptor, Libc.SOL_NETLINK, Libc.NETLINK_GET_STRICT_CHK, 1);

    /// <summary>Sends a change and waits for its acknowledgement.</summary>
    /// <param name="request">The change; it is asked to be acknowledged.</param>
    /// <param name="name">For the error's text: "RTM_NEWADDR".</param>
    /// <param name="onMessage">Takes what comes before the acknowledgement (answers to a get).</param>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public void Execute(NetlinkRequest request, string name, MessageHandler? onMessage = null)
    {
        request.Flags |= NetlinkConstants.NLM_F_ACK;
        var sequence = Post(request);
        while (true)
        {
            var datagram = Receive();
            while (NetlinkMessage.TryTake(ref datagram, out var message))
            {
                if (message.Header.Sequence != sequence)
                    continue;
                if (message.Header.Type != NetlinkConstants.NLMSG_ERROR)
                {
                    onMessage?.Invoke(message);
                    continue;
                }
                var acknowledgement = NetlinkAcknowledgement.Parse(message);
                if (acknowledgement.ErrorCode != 0)
                    throw new NetlinkException(name, acknowledgement.ErrorCode, acknowledgement.KernelText);
                return;
            }
        }
    }

    /// <summary>Asks for a whole table; begins anew when it changed meanwhile, so that the list is of one instant.</summary>
    /// <param name="parse">Adds to the list what a message tells of.</param>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public List<T> Dump<T>(NetlinkRequest request, string name, Action<NetlinkMessage, List<T>> parse)
    {
        request.Flags |= NetlinkConstants.NLM_F_DUMP;
        var list = new List<T>();
        for (var attempt = 1; ; attempt++)
        {
            list.Clear();
            if (DumpOnce(Post(request), name, parse, list) || attempt == DumpAttempts)
                return list;
        }
    }

    /// <summary>
    /// Sends several messages at once and waits until the last is acknowledged. Throws at the first one that is refused,
    /// or when the frame around them is; whoever catches that disposes of the socket, on which answers may be left.
    /// </summary>
    /// <param name="messages">In order. The last but one is acknowledged; the first and the last are their frame.</param>
    /// <param name="nameOf">For the error's text, by the message's place.</param>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public void ExecuteBatch(IReadOnlyList<NetlinkRequest> messages, Func<int, string> nameOf)
    {
        var first = _sequence + 1;
        var last = first + (uint)messages.Count - 2;
        messages[^2].Flags |= NetlinkConstants.NLM_F_ACK;
        using (var batch = new MemoryStream())
        {
            foreach (var message in messages)
                batch.Write(message.ToMessage(++_sequence));
            Send(batch.ToArray());
        }
        while (true)
        {
            var datagram = Receive();
            while (NetlinkMessage.TryTake(ref datagram, out var message))
            {
                if (message.Header.Type != NetlinkConstants.NLMSG_ERROR || message.Header.Sequence < first || message.Header.Sequence > last)
                    continue;
                var acknowledgement = NetlinkAcknowledgement.Parse(message);
                if (acknowledgement.ErrorCode != 0)
                    throw new NetlinkException(nameOf((int)(message.Header.Sequence - first)), acknowledgement.ErrorCode, acknowledgement.KernelText);
                if (message.Header.Sequence == last)
                    return;
            }
        }
    }

    /// <summary>Sends without waiting for an answer; returns the number that the answers will carry.</summary>
    /// <exception cref="LinuxException"/>
    public uint Post(NetlinkRequest request)
    {
        Send(request.ToMessage(++_sequence));
        return _sequence;
    }

    /// <summary>The next datagram; waits for one. Valid until the next call.</summary>
    /// <exception cref="LinuxException">ENOBUFS: messages of a multicast group were lost.</exception>
    public ReadOnlySpan<byte> Receive()
    {
        fixed (byte* buffer = _buffer)
        {
            while (true)
            {
                var length = Libc.Receive(_descriptor, buffer, BufferSize, 0);
                if (length >= 0)
                    return _buffer.AsSpan(0, (int)length);
                if (Libc.LastError != Errno.EINTR)
                    throw LinuxException.FromLastError("recv(AF_NETLINK)");
            }
        }
    }

    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
            _ = Libc.Close(descriptor);
    }

    private void Send(byte[] message)
    {
        fixed (byte* bytes = message)
        {
            while (Libc.Send(_descriptor, bytes, (nuint)message.Length, 0) < 0)
            {
                if (Libc.LastError != Errno.EINTR)
                    throw LinuxException.FromLastError("send(AF_NETLINK)");
            }
        }
    }

    /// <summary>False when the table changed while it was being sent.</summary>
    private bool DumpOnce<T>(uint sequence, string name, Action<NetlinkMessage, List<T>> parse, List<T> list)
    {
        var consistent = true;
        while (true)
        {
            var datagram = Receive();
            while (NetlinkMessage.TryTake(ref datagram, out var message))
            {
                if (message.Header.Sequence != sequence)
                    continue;
                consistent &= (message.Header.Flags & NetlinkConstants.NLM_F_DUMP_INTR) == 0;
                switch (message.Header.Type)
                {
                    case NetlinkConstants.NLMSG_DONE:
                        return consistent;
                    case NetlinkConstants.NLMSG_ERROR:
                        var acknowledgement = NetlinkAcknowledgement.Parse(message);
                        throw new NetlinkException(name, acknowledgement.ErrorCode, acknowledgement.KernelText);
                    default:
                        parse(message, list);
                        break;
                }
            }
        }
    }
}
