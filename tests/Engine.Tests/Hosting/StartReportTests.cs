using System.Text;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Tests.Hosting;

/// <summary>The line that a detached engine writes by hand is the one that the serialiser would write.</summary>
public class StartReportTests
{
    public static TheoryData<StartReport> Reports =>
    [
        new StartReport(),
        new StartReport { Ready = true, Tunnel = "wg0", ProcessId = 4711 },
        new StartReport { Ready = true, Tunnel = "wg0", ProcessId = 1, Warnings = [] },
        new StartReport { Ready = true, Tunnel = "wg0", ProcessId = int.MaxValue, Warnings = ["/etc/wg0.conf:3:1: \"quoted\"", "Ä <&> \n\t\\ \u2028"] },
        new StartReport { Ready = true, Tunnel = "wg0", LeaseEnds = new DateTimeOffset(2026, 12, 24, 18, 0, 0, 123, TimeSpan.FromHours(1)) },
        new StartReport { Tunnel = "wg0", ErrorId = "TunnelExists", Message = "Tunnel 'wg0' runs already.\n€ \ud83d\ude00" },
    ];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Is_what_the_serialiser_writes(StartReport report)
    {
        var expected = JsonSerializer.SerializeToUtf8Bytes(report, ControlJsonContext.Default.StartReport);
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(DetachedChild.ToJson(report)));
    }

    [Fact]
    public void Every_property_is_in_it()
    {
        var report = new StartReport { Ready = true, Tunnel = "t", ProcessId = 1, ErrorId = "e", Message = "m", Warnings = ["w"], LeaseEnds = DateTimeOffset.UnixEpoch };
        using var json = JsonDocument.Parse(DetachedChild.ToJson(report));
        Assert.Equal(typeof(StartReport).GetProperties().Length, json.RootElement.EnumerateObject().Count());
    }
}
