using WireGuard.Engine.Control;
using WireGuard.Tests.Device;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Control;

/// <summary>A whole device, A of a pair in memory, behind a real UAPI socket.</summary>
internal sealed class UapiDevice : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly UapiServer _server;
    private readonly SocketClient _client;

    internal UapiDevice(bool connect = true)
    {
        Pair = new DevicePair(connect: connect);
        _server = new UapiServer(Pair.A.Device, new UapiServerOptions { Tunnel = "wga", Directory = _folder.Sockets }, Log);
        _server.Start();
        _client = new SocketClient(_server.SocketPath);
    }

    internal DevicePair Pair { get; }

    internal DeviceUnderTest A => Pair.A;

    internal DeviceUnderTest B => Pair.B;

    internal CapturingLog Log { get; } = new();

    /// <summary>Hex of a peer that is not B.</summary>
    internal static string Stranger { get; } = Keys.Hex(Keys.Numbered(77));

    internal string PeerB => Keys.Hex(B.PublicKey);

    /// <summary>Sends the lines of a set and gives its errno.</summary>
    internal async Task<int> SetAsync(params string[] lines)
    {
        var answer = await _client.AskAsync($"set=1\n{string.Concat(lines.Select(line => line + "\n"))}\n");
        Assert.StartsWith("errno=", answer);
        Assert.EndsWith("\n\n", answer);
        return int.Parse(answer["errno=".Length..^2], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>All lines of a get before its errno, which is 0.</summary>
    internal async Task<string[]> GetAsync()
    {
        var lines = (await _client.AskAsync("get=1\n\n")).Split('\n');
        Assert.Equal(["errno=0", "", ""], lines[^3..]);
        return lines[..^3];
    }

    /// <summary>Values of a key, device and peers alike, in order.</summary>
    internal async Task<string[]> GetAsync(string key) =>
        [.. (await GetAsync()).Where(line => line.StartsWith(key + "=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Pair.Dispose();
        _folder.Dispose();
    }
}
