namespace WireGuard.Tests.Interop;

/// <summary>Two minutes of pings across the change of keys.</summary>
[Trait("Category", "Slow")]
public class RekeyTests
{
    // 130 s: sessions are renewed after 120.
    private const int Pings = 650;

    [InteropFact(InteropRequirement.WireGuardGo)]
    public void Keys_change_after_two_minutes_without_a_lost_ping_whoever_began()
    {
        using var ours = InteropPair.Start(engineInitiates: true, overIPv6: false, null);
        using var theirs = InteropPair.Start(engineInitiates: false, overIPv6: true, TestKeys.CreatePresharedKey());
        using var alone = new EnginePair();
        alone.Up();

        // Every tunnel carries pings both ways at once; the session's initiator alone may renew it.
        (Host From, Host To)[] ways =
        [
            (ours.Initiator, ours.Responder), (ours.Responder, ours.Initiator),
            (theirs.Initiator, theirs.Responder), (theirs.Responder, theirs.Initiator),
            (alone.One, alone.Two), (alone.Two, alone.One),
        ];
        foreach (var (from, to) in ways.Where((_, i) => i % 2 == 0))
            Traffic.Ping(from, to.InnerIPv4, 1);
        var pings = Array.ConvertAll(ways, Ping);
        var handshakes = Array.ConvertAll(ways, _ => new HashSet<long>());
        do
        {
            for (var i = 0; i < ways.Length; i++)
                handshakes[i].Add(ways[i].From.LatestHandshake());
            Thread.Sleep(1000);
        }
        while (pings.Any(ping => !ping.IsCompleted));

        foreach (var ping in pings)
            Traffic.AssertAllAnswered(ping.GetAwaiter().GetResult());
        Assert.All(handshakes, times =>
        {
            Assert.Equal(2, times.Count);
            Assert.DoesNotContain(0, times);
            Assert.InRange(times.Max() - times.Min(), 120, 130);
        });
    }

    private static Task<int[]> Ping((Host From, Host To) way) => Task.Factory.StartNew(
        () =>
        {
            using var probe = way.From.Namespace.Invoke(() => new EchoProbe(way.To.InnerIPv4));
            return probe.Run(Pings, TimeSpan.FromSeconds(0.2));
        },
        TaskCreationOptions.LongRunning);
}
