using System.Net.Sockets;
using System.Text;

namespace WireGuard.Tests.Control;

/// <summary>A client that speaks plain text and never waits for ever.</summary>
internal sealed class SocketClient : IDisposable
{
    // Only ever runs out when a test has failed already.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly MemoryStream _line = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    internal SocketClient(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

    internal Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>All of it, or as much as a server takes that hangs up.</summary>
    internal async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!bytes.IsEmpty)
        {
            try
            {
                bytes = bytes[await _socket.SendAsync(bytes, patience.Token)..];
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    internal void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next line without its newline; null at the end.</summary>
    internal async Task<string?> ReadLineAsync()
    {
        _line.SetLength(0);
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            _line.Write(_buffer, _start, length < 0 ? _end - _start : length);
            _start = length < 0 ? _end : _start + length + 1;
            if (length >= 0)
                return Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length);
            if (!await ReceiveAsync())
                return null;
        }
    }

    /// <summary>One whole UAPI answer, the closing empty line included; what there was when the server hangs up.</summary>
    internal async Task<string> ReadAnswerAsync()
    {
        var answer = new StringBuilder();
        while (await ReadLineAsync() is { } line)
        {
            answer.Append(line).Append('\n');
            if (line.Length == 0)
                break;
        }

        return answer.ToString();
    }

    internal async Task<string> AskAsync(string request)
    {
        await SendAsync(request);
        return await ReadAnswerAsync();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            _start = 0;
            _end = await _socket.ReceiveAsync(_buffer, patience.Token);
        }
        catch (SocketException)
        {
            _end = 0;
        }

        return _end > 0;
    }
}
