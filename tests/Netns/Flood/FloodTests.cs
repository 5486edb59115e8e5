using System.Diagnostics;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Flood;

/// <summary>50,000 forged handshakes a second on the wire, in front of a server that has other things to do.</summary>
public class FloodTests
{
    // MiB; without a flood it is about 60.
    private const int MostMemory = 160;

    // Of the flood, before anything else begins.
    private const int FirstMessages = 10_000;

    // A first try and two more of a handshake, on a machine that is busy with other tests too.
    private static readonly TimeSpan s_newcomersTime = TimeSpan.FromSeconds(10);

    [InteropFact]
    public void A_newcomer_gets_in_the_tunnel_carries_data_and_memory_stays_bounded()
    {
        using var scene = new FloodScene();
        Traffic.Ping(scene.Client, scene.Server.InnerIPv4, 1);
        using (var flood = scene.Flood())
        {
            Eventually.True(() => flood.Sent > FirstMessages, "the flood has begun");
            Traffic.Transfer(scene.Client, scene.Server, scene.Server.InnerIPv4, 8 << 20);
            scene.Connect(scene.Newcomer);
            var start = Stopwatch.GetTimestamp();
            scene.Newcomer.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "1", "-w", $"{s_newcomersTime.TotalSeconds}", $"{scene.Server.InnerIPv4}");
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, s_newcomersTime);
            Traffic.Transfer(scene.Server, scene.Client, scene.Client.InnerIPv4, 8 << 20);
            flood.Stop();
            Assert.True(flood.Answers > 0, "The flood was not even asked for cookies: did it arrive?");
        }

        Assert.InRange(scene.Memory().Peak, 1, MostMemory);
    }
}
