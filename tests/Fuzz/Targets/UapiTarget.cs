using System.Globalization;
using System.Net;
using System.Text;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Control;
using WireGuard.Tests.Device;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Fuzz;

/// <summary>
/// Requests to the UAPI socket of a real device. Every answer ends with an errno, each request has one, which is the one
/// that <see cref="UapiJudge"/> expects, a refused set changes nothing, and what get tells can be set and gives the same again.
/// </summary>
internal sealed class UapiTarget : IFuzzTarget
{
    private static readonly int[] s_errnos = [UapiErrno.Success, UapiErrno.Invalid, UapiErrno.Protocol, UapiErrno.AddressInUse];

    private readonly ChannelNetwork _network = new();
    private readonly TestFolder _folder = new();
    private readonly CapturingLog _log = new() { Level = LogLevel.Error };
    private readonly DeviceUnderTest _device;
    private readonly ChannelBind _neighbour;
    private readonly UapiServer _server;

    internal UapiTarget()
    {
        _device = new DeviceUnderTest(_network, new ManualTimeProvider(), "wg0", null, IPAddress.Parse("192.0.2.1"));
        _neighbour = _network.Attach(IPAddress.Parse("192.0.2.1"));
        _neighbour.Open(UapiText.TakenPort, 0);
        _server = new UapiServer(_device.Device, new UapiServerOptions { Tunnel = "wg0", Directory = _folder.Sockets }, _log);
        _server.Start();
    }

    public string Name => "uapi";

    public byte[] Make(Random random) => new UapiText(random).Next();

    public void Run(byte[] input)
    {
        var before = Get();
        var answers = Split(LineClient.Ask(_server.SocketPath, input));
        Assert.All(answers, errno => Assert.Contains(errno, s_errnos));
        if (UapiJudge.Judge(input) is { } expected)
            Assert.Equal([expected], answers);
        var (whole, isCut) = CountRequests(input);
        // One that is out of form, too long or cut short ends the connection, and with it those behind it.
        Assert.InRange(answers.Count, 0, whole + (isCut ? 1 : 0));
        if (answers.Count < whole || isCut)
            Assert.Equal(UapiErrno.Protocol, answers[^1]);
        var after = Get();
        if (!answers.Contains(0) || input.AsSpan().IndexOf("set=1\n"u8) < 0)
            Assert.Equal(before, after);
        _device.PumpLanes();
    }

    public void CheckHealth()
    {
        var text = Get();
        var again = "set=1\nreplace_peers=true\n" + string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("last_handshake", StringComparison.Ordinal) && !line.Contains("x_bytes=", StringComparison.Ordinal)
                && !line.StartsWith("errno=", StringComparison.Ordinal))
            .Select(line => line + "\n")) + "\n";
        Assert.Equal("errno=0\n\n", Encoding.ASCII.GetString(LineClient.Ask(_server.SocketPath, Encoding.ASCII.GetBytes(again))));
        Assert.Equal(WithoutCounters(text), WithoutCounters(Get()));
        Assert.Empty(_log.Entries);
        Assert.DoesNotContain(_device.Log.Entries, e => e.Level == LogLevel.Error);
        Assert.InRange(_server.ConnectionCount, 0, 64);
        Assert.InRange(_device.Device.Indices.Count, 0, 4 * 64);
        while (_device.Pump())
        {
        }
    }

    public void Dispose()
    {
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _device.Dispose();
        _neighbour.Dispose();
        _folder.Dispose();
    }

    private string Get()
    {
        var answer = Encoding.ASCII.GetString(LineClient.Ask(_server.SocketPath, "get=1\n\n"u8.ToArray()));
        Assert.EndsWith("\nerrno=0\n\n", "\n" + answer);
        return answer;
    }

    // Every answer is lines, errno the last of them, and an empty line.
    private static List<int> Split(byte[] answer)
    {
        var text = Encoding.ASCII.GetString(answer);
        if (text.Length == 0)
            return [];
        Assert.EndsWith("\n\n", text);
        return [.. text[..^2].Split("\n\n").Select(Errno)];

        static int Errno(string one)
        {
            var lines = one.Split('\n');
            Assert.StartsWith("errno=", lines[^1]);
            Assert.All(lines, line => Assert.Contains('=', line));
            Assert.Single(lines, line => line.StartsWith("errno=", StringComparison.Ordinal));
            return int.Parse(lines[^1].AsSpan(6), CultureInfo.InvariantCulture);
        }
    }

    private static (int Whole, bool IsCut) CountRequests(byte[] input)
    {
        var whole = 0;
        var rest = input.AsSpan();
        var open = false;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            whole += end == 0 ? 1 : 0;
            open = end > 0;
            rest = rest[(end + 1)..];
        }

        return (whole, open || rest.Length > 0);
    }

    private static string WithoutCounters(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.Contains("x_bytes=", StringComparison.Ordinal) && !line.StartsWith("last_handshake", StringComparison.Ordinal)));
}
