using System.Diagnostics;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Soak;

/// <param name="Time">How long to go on; a round that has begun is finished.</param>
/// <param name="Quiet">After each round, time for keys to change by themselves; null: none.</param>
/// <param name="WithSilence">Also what only silence tells a peer of, which takes it a quarter of a minute.</param>
internal sealed record SoakOptions(TimeSpan Time, TimeSpan? Quiet, bool WithSilence);

/// <summary>
/// Rounds of disturbances on a tunnel that carries traffic both ways. After each the tunnel works again in the time that
/// the protocol gives; in the end neither engine holds more than after the first round.
/// </summary>
internal sealed class SoakRun(SoakOptions options, Action<string> report)
{
    // Two tries of a handshake, five seconds and a third apart, and what a busy machine adds.
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(16);

    // Fifteen seconds of silence before that.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(36);

    private const long MemorySlack = 24 << 20;
    private const int DescriptorSlack = 4;
    private const int ThreadSlack = 4;

    private readonly Dictionary<string, TimeSpan> _longest = [];
    private int _disturbances;
    private int _rekeys;

    internal void Run()
    {
        var start = Stopwatch.GetTimestamp();
        using var tunnel = new SoakTunnel();
        using var there = new SteadyEcho(tunnel.One, tunnel.Two);
        using var back = new SteadyEcho(tunnel.Two, tunnel.One);
        AwaitBoth("start", tunnel, there, back, s_handshake);
        Dictionary<Host, ProcessUsage>? warm = null;
        var round = 0;
        do
        {
            Round(tunnel, there, back);
            if (options.Quiet is { } quiet)
                Rest(tunnel, there, back, quiet);
            warm ??= Usage(tunnel);
            report($"{Stopwatch.GetElapsedTime(start):hh\\:mm\\:ss} round {++round}: {string.Join("; ", Usage(tunnel).Values)}; echoes {there.Answered}/{there.Sent} and {back.Answered}/{back.Sent}");
        }
        while (Stopwatch.GetElapsedTime(start) < options.Time);

        CheckGrowth(warm, Usage(tunnel));
        report($"{round} rounds, {_disturbances} disturbances, {_rekeys} changes of keys by time, no session lost for good");
        foreach (var (what, time) in _longest.OrderBy(l => l.Key, StringComparer.Ordinal))
            report($"  {what}: works again after {time.TotalSeconds:F2} s at the most");
        foreach (var (host, before) in warm)
            report($"  {host.Interface}: after the first round {before}; at the end {tunnel.Usage(host)}");
    }

    private static Dictionary<Host, ProcessUsage> Usage(SoakTunnel tunnel) =>
        new[] { tunnel.One, tunnel.Two }.ToDictionary(host => host, tunnel.Usage);

    private void Round(SoakTunnel tunnel, SteadyEcho there, SteadyEcho back)
    {
        foreach (var host in new[] { tunnel.One, tunnel.Two })
        {
            Disturb("a private key changes", () => tunnel.ChangePrivateKey(host), s_handshake);
            Disturb("the preshared key changes", tunnel.ChangePresharedKey, s_handshake);
            Disturb("a host roams", () => tunnel.Roam(host), s_handshake);
            Disturb("the port changes", () => tunnel.ChangePort(host), s_handshake);
            Disturb("the underlay is gone for a second", () => tunnel.FlapUnderlay(host, TimeSpan.FromSeconds(1)), s_handshake);
            Disturb("the tunnel's link is down for a second", () => tunnel.FlapTunnel(host, TimeSpan.FromSeconds(1)), s_handshake);
            Disturb("thirty peers come and go", () => tunnel.AddAndRemovePeers(host, 30), s_handshake);
            Disturb("the peer goes and comes back", () => tunnel.ReplacePeer(host, withEndpoint: true), s_handshake);
            if (!options.WithSilence)
                continue;
            Disturb("the underlay is gone for twenty seconds", () => tunnel.FlapUnderlay(host, TimeSpan.FromSeconds(20)), s_silence);
            Disturb("the peer goes and comes back without its endpoint", () => tunnel.ReplacePeer(host, withEndpoint: false), s_silence);
        }

        void Disturb(string what, Action action, TimeSpan limit)
        {
            action();
            _disturbances++;
            AwaitBoth(what, tunnel, there, back, limit);
        }
    }

    private void AwaitBoth(string what, SoakTunnel tunnel, SteadyEcho there, SteadyEcho back, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var echo in new[] { there, back })
        {
            if (echo.AwaitFresh(limit) is null)
                throw new TimeoutException($"The tunnel does not work {limit.TotalSeconds} s after this: {what}.\n{tunnel.Describe()}");
        }

        var took = Stopwatch.GetElapsedTime(start);
        _longest[what] = _longest.TryGetValue(what, out var longest) && longest > took ? longest : took;
    }

    // Sessions are renewed after two minutes, and nothing that passes meanwhile is lost.
    private void Rest(SoakTunnel tunnel, SteadyEcho there, SteadyEcho back, TimeSpan time)
    {
        SteadyEcho[] echoes = [there, back];
        var before = tunnel.One.LatestHandshake();
        var lost = Array.ConvertAll(echoes, Lost);
        Thread.Sleep(time);
        var after = tunnel.One.LatestHandshake();
        if (after <= before)
            throw new InvalidOperationException($"No change of keys in {time.TotalSeconds} s: {before}, {after}.");
        _rekeys++;
        for (var i = 0; i < echoes.Length; i++)
        {
            var newlyLost = Lost(echoes[i]) - lost[i];
            if (newlyLost > 0)
                throw new InvalidOperationException($"{newlyLost} echoes were lost in {time.TotalSeconds} s without a disturbance.");
        }
    }

    // What is on its way arrives before the next is sent, mostly: at such a moment the difference is what was lost.
    private static long Lost(SteadyEcho echo)
    {
        var least = long.MaxValue;
        for (var look = 0; look < 1000; look++)
        {
            least = Math.Min(least, echo.Sent - echo.Answered);
            Thread.Sleep(1);
        }

        return least;
    }

    private static void CheckGrowth(Dictionary<Host, ProcessUsage> warm, Dictionary<Host, ProcessUsage> end)
    {
        foreach (var (host, before) in warm)
        {
            var after = end[host];
            if (after.Memory > before.Memory + MemorySlack || after.Descriptors > before.Descriptors + DescriptorSlack || after.Threads > before.Threads + ThreadSlack)
                throw new InvalidOperationException($"{host.Interface} has grown: {before} after the first round, {after} at the end.");
        }
    }
}
