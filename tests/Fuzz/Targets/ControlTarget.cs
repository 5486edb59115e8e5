using System.Net;
using System.Text;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Control;
using WireGuard.Tests.Device;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Fuzz;

/// <summary>
/// Lines to the control socket of a real device. Each answer is one line of JSON-RPC with a result or a known error, the
/// request behind the rubbish is answered, errors change nothing, and no secret comes that was not asked for.
/// </summary>
internal sealed class ControlTarget : IFuzzTarget
{
    private const string Sentinel = "the last one";

    private static readonly byte[] s_last = Encoding.ASCII.GetBytes($"\n{{\"jsonrpc\":\"2.0\",\"id\":\"{Sentinel}\",\"method\":\"engine.status\"}}\n");

    private readonly TestFolder _folder = new();
    private readonly CapturingLog _log = new() { Level = LogLevel.Error };
    private readonly FuzzTunnelContext _context = new();
    private readonly DeviceUnderTest _device;
    private readonly ControlServer _server;

    internal ControlTarget()
    {
        _device = new DeviceUnderTest(new ChannelNetwork(), new WireGuard.Tests.Device.ManualTimeProvider(), "wg0", null, IPAddress.Parse("192.0.2.1"));
        _server = new ControlServer(_device.Device, _context, new ControlServerOptions { Directory = _folder.Sockets }, _log);
        _server.Start();
    }

    public string Name => "control";

    public byte[] Make(Random random) => new ControlText(random).Next();

    public void Run(byte[] input)
    {
        _context.RefusesRoutes = input.Length % 5 == 0;
        var before = Describe();
        var lines = Encoding.UTF8.GetString(LineClient.Ask(_server.SocketPath, [.. input, .. s_last])).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Contains("\"greeting\"", lines[0]);
        var results = 0;
        var answers = 0;
        var isAnswered = false;
        foreach (var line in lines[1..^1])
        {
            using var answer = JsonDocument.Parse(line);
            if (answer.RootElement.TryGetProperty("method", out var method))
            {
                Assert.Equal("event", method.GetString());
                continue;
            }

            Assert.False(isAnswered, "an answer came after the last one");
            answers++;
            results += CheckAnswer(answer.RootElement) ? 1 : 0;
            isAnswered = IsSentinel(answer.RootElement);
        }

        Assert.True(isAnswered, "the request behind the rubbish was not answered");
        Assert.InRange(answers, 1, 1 + input.Count(b => b == '\n') + 1);
        CheckSecrets(input, lines);
        // A notification changes things without a word.
        if (results == 1 && !MayHoldNotification(input))
            Assert.Equal(before, Describe());
    }

    public void CheckHealth()
    {
        Assert.Empty(_log.Entries);
        Assert.DoesNotContain(_device.Log.Entries, e => e.Level == LogLevel.Error);
        while (_device.Pump())
        {
        }
    }

    public void Dispose()
    {
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _device.Dispose();
        _folder.Dispose();
    }

    // True for a result.
    private static bool CheckAnswer(JsonElement answer)
    {
        Assert.Equal("2.0", answer.GetProperty("jsonrpc").GetString());
        Assert.Contains(answer.GetProperty("id").ValueKind, new[] { JsonValueKind.String, JsonValueKind.Number, JsonValueKind.Null });
        var isResult = answer.TryGetProperty("result", out _);
        Assert.NotEqual(isResult, answer.TryGetProperty("error", out var error));
        if (isResult)
            return true;
        var code = (ControlErrorCode)error.GetProperty("code").GetInt32();
        Assert.True(Enum.IsDefined(code) && code != ControlErrorCode.InternalError, error.ToString());
        Assert.Equal(code.ToString(), error.GetProperty("data").GetProperty("id").GetString());
        return false;
    }

    // By its raw text: an id comes back as it was, half a surrogate pair included.
    private static bool IsSentinel(JsonElement answer) => answer.GetProperty("id").GetRawText() == $"\"{Sentinel}\"";

    private void CheckSecrets(byte[] input, string[] lines)
    {
        var text = Encoding.UTF8.GetString(input);
        if (text.Contains("includeSecrets", StringComparison.Ordinal) || text.Contains("\\u", StringComparison.Ordinal))
            return;
        var key = _device.Key.ToBase64();
        Assert.DoesNotContain(lines, line => line.Contains(key, StringComparison.Ordinal) || line.Contains("\"presharedKey\":\"", StringComparison.Ordinal));
    }

    private static bool MayHoldNotification(byte[] input) =>
        Encoding.UTF8.GetString(input).Split('\n').Any(line => line.Contains("method", StringComparison.Ordinal) && !line.Contains("\"id\"", StringComparison.Ordinal))
        || input.Contains((byte)'\\');

    private string Describe()
    {
        using var snapshot = _device.Device.Snapshot();
        return string.Join('\n', snapshot.Peers.Select(p =>
            $"{p.PublicKey} {p.Name} {p.PresharedKey?.ToBase64()} {p.Endpoint} {string.Join(',', p.AllowedIPs)} {p.PersistentKeepalive}").Order(StringComparer.Ordinal));
    }
}
