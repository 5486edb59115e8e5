using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>
/// A name server of one name, whose first IPv4 address the test may change; everything else there is not. Whoever asks in the namespace
/// that it is for asks here: `ip netns exec` puts /etc/netns/NAME/resolv.conf in the place of the machine's.
/// </summary>
internal sealed class NameServer : IDisposable
{
    private const int Port = 53;
    private const int HeaderSize = 12;
    private const int TypeAddress = 1;

    private readonly Socket _socket;
    private readonly DirectoryInfo _directory;
    private readonly Task _serving;
    private readonly IPAddress[] _more;
    private volatile IPAddress _answer;

    /// <param name="netns">Where it is asked.</param>
    /// <param name="home">Where it runs.</param>
    /// <param name="address">One of its home's, which those who ask reach.</param>
    /// <param name="answer">Where the name leads.</param>
    /// <param name="more">Where else.</param>
    public NameServer(NetworkNamespace netns, NetworkNamespace home, IPAddress address, IPAddress answer, params IPAddress[] more)
    {
        (_answer, _more) = (answer, more);
        _socket = home.Invoke(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, Port));
            return socket;
        });
        _directory = Directory.CreateDirectory($"/etc/netns/{netns.Name}");
        File.WriteAllText(Path.Combine(_directory.FullName, "resolv.conf"), $"nameserver {address}\noptions timeout:1 attempts:3\n");
        _serving = Task.Run(Serve);
    }

    /// <summary>Where the name leads.</summary>
    public IPAddress Answer
    {
        get => _answer;
        set => _answer = value;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _serving.GetAwaiter().GetResult();
        _directory.Delete(recursive: true);
        if (_directory.Parent is { } parent && !parent.EnumerateFileSystemInfos().Any())
            parent.Delete();
    }

    private void Serve()
    {
        var question = new byte[512];
        EndPoint asker = new IPEndPoint(IPAddress.Any, 0);
        while (true)
        {
            try
            {
                var length = _socket.ReceiveFrom(question, ref asker);
                _socket.SendTo(AnswerTo(question.AsSpan(0, length)), asker);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    // RFC 1035, section 4.1: header, the question as it came, and for IPv4 addresses records that nobody is to keep.
    private byte[] AnswerTo(ReadOnlySpan<byte> question)
    {
        var end = HeaderSize;
        while (question[end] != 0)
            end += question[end] + 1;
        end += 5;
        var isAddress = question[end - 3] == TypeAddress && question[end - 4] == 0;
        IPAddress[] answers = isAddress ? [_answer, .. _more] : [];
        byte[] flagsAndCounts = [0x81, 0x80, 0, 1, 0, (byte)answers.Length, 0, 0, 0, 0];
        var records = answers.SelectMany(answer => (byte[])[0xC0, HeaderSize, 0, TypeAddress, 0, 1, 0, 0, 0, 0, 0, 4, .. answer.GetAddressBytes()]);
        return [.. question[..2], .. flagsAndCounts, .. question[HeaderSize..end], .. records];
    }
}
