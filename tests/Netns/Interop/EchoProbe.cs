using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>
/// Echo requests at a fixed pace, and the answers to them (RFC 792, RFC 4443). ping(8) gives the last answer no more than
/// two round trips, 2 ms at that pace, which a busy machine takes for a loss; this waits for what is on its way.
/// </summary>
internal sealed class EchoProbe : IDisposable
{
    private const int HeaderSize = 8;
    private const int ContentSize = 56;
    private static readonly TimeSpan s_lastAnswer = TimeSpan.FromSeconds(8);
    private static int s_count;

    private readonly Socket _socket;
    private readonly bool _isIPv6;
    private readonly ushort _id = (ushort)Interlocked.Increment(ref s_count);
    private readonly byte[] _content = new byte[ContentSize];
    private readonly byte[] _buffer = new byte[2048];
    private int[] _answers = [];

    /// <summary>Made inside the sender's namespace, which it then stays in.</summary>
    public EchoProbe(IPAddress to)
    {
        _isIPv6 = to.AddressFamily == AddressFamily.InterNetworkV6;
        _socket = new Socket(to.AddressFamily, SocketType.Raw, _isIPv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
        _socket.Connect(to, 0);
        new Random(_id).NextBytes(_content);
    }

    /// <summary>Sends them all and waits for the answers; gives how many came to each, in their order.</summary>
    public int[] Run(int count, TimeSpan interval)
    {
        _answers = new int[count];
        var start = Stopwatch.GetTimestamp();
        for (var sent = 0; sent < count; sent++)
        {
            _socket.Send(Request((ushort)sent));
            ReceiveUntil(() => Stopwatch.GetElapsedTime(start) >= interval * (sent + 1));
        }

        var end = Stopwatch.GetTimestamp();
        ReceiveUntil(() => _answers.All(a => a > 0) || Stopwatch.GetElapsedTime(end) >= s_lastAnswer);
        return _answers;
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Request(ushort number)
    {
        var message = new byte[HeaderSize + ContentSize];
        message[0] = (byte)(_isIPv6 ? 128 : 8);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), _id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), number);
        _content.CopyTo(message, HeaderSize);
        // The kernel does ICMPv6's, whose sum covers addresses.
        if (!_isIPv6)
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));
        return message;
    }

    private void ReceiveUntil(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (!_socket.Poll(TimeSpan.FromMilliseconds(1), SelectMode.SelectRead))
                continue;
            var packet = _buffer.AsSpan(0, _socket.Receive(_buffer));
            // An IPv4 raw socket gives the IP header too.
            var message = _isIPv6 ? packet : packet[((packet[0] & 15) * 4)..];
            if (message.Length != HeaderSize + ContentSize || message[0] != (_isIPv6 ? 129 : 0)
                || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != _id)
                continue;
            Assert.True(message[HeaderSize..].SequenceEqual(_content), "The answer has another content.");
            _answers[BinaryPrimitives.ReadUInt16BigEndian(message[6..])]++;
        }
    }

    private static ushort Checksum(ReadOnlySpan<byte> message)
    {
        var sum = 0u;
        for (var i = 0; i < message.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(message[i..]);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~(sum + (sum >> 16));
    }
}
