using System.Globalization;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>
/// Our engine on one host, the same or wireguard-go on the other, joined by one cable and configured by wg(8) and ip(8). Either
/// knows where the other is, or only the second does.
/// </summary>
internal sealed class TunnelPair : IDisposable
{
    /// <summary>What <see cref="Start"/> takes for the other end.</summary>
    public const string SameEngine = "the same engine";

    /// <summary>The same, and both without offloads.</summary>
    public const string Plain = "the same engine, both without offloads";

    /// <summary>The same, and both with one lane.</summary>
    public const string OneLane = "the same engine, both with one lane";

    /// <summary>The same, and both with four lanes.</summary>
    public const string FourLanes = "the same engine, both with four lanes";

    private readonly List<IDisposable> _owned = [];

    private TunnelPair()
    {
        (One, Two) = Host.Pair();
        _owned.Add(One);
        _owned.Add(Two);
    }

    /// <summary>Where our engine runs.</summary>
    public Host One { get; }

    /// <summary>Where the other implementation runs.</summary>
    public Host Two { get; }

    public BareTunnel TunnelOne { get; private set; } = null!;

    public BareTunnel TunnelTwo { get; private set; } = null!;

    /// <param name="other"><see cref="SameEngine"/>, <see cref="Plain"/>, <see cref="OneLane"/>, <see cref="FourLanes"/> or a program.</param>
    /// <param name="oneKnowsTwo">Whether our engine is told the other's endpoint.</param>
    public static TunnelPair Start(string other = SameEngine, bool oneKnowsTwo = false)
    {
        var pair = new TunnelPair();
        try
        {
            if (other == Plain)
            {
                pair.One.LimitOffloads("off");
                pair.Two.LimitOffloads("off");
            }

            if (other is OneLane or FourLanes)
            {
                var lanes = other == OneLane ? 1 : 4;
                pair.One.UseLanes(lanes);
                pair.Two.UseLanes(lanes);
            }

            pair.One.AwaitIPv6(pair.Two);
            pair.TunnelOne = pair.Own(BareTunnel.Start(pair.One, InteropRequirement.Engine!));
            pair.TunnelTwo = pair.Own(BareTunnel.Start(pair.Two, other is SameEngine or Plain or OneLane or FourLanes ? InteropRequirement.Engine! : other));
            pair.TunnelOne.SetPeer(pair.Two, oneKnowsTwo ? pair.Two.OuterEndpoint(overIPv6: false) : null, null);
            pair.TunnelTwo.SetPeer(pair.One, pair.One.OuterEndpoint(overIPv6: false), null);
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <summary>A second cable, eth1: 10.79.0.1 and 10.79.0.2; answers may come by another cable than the questions went.</summary>
    public void AddCable()
    {
        One.Namespace.ConnectTo(Two.Namespace, "eth1", ["10.79.0.1/24"], "eth1", ["10.79.0.2/24"]);
        foreach (var host in new[] { One, Two })
        {
            foreach (var link in new[] { "all", "default", "eth0", "eth1" })
                host.Namespace.Run("sysctl", "-qw", $"net.ipv4.conf.{link}.rp_filter=0");
        }
    }

    /// <summary>Where the host's tunnel takes its only peer to be.</summary>
    public static string EndpointKnownTo(Host host) => host.WgShow("endpoints").Single()[1];

    public static void Set(Host host, params string[] arguments) => host.Namespace.Run("wg", ["set", host.Interface, .. arguments]);

    /// <summary>A counter of a link, as /sys has it ("tx_packets").</summary>
    public static long Statistic(NetworkNamespace netns, string link, string counter) =>
        long.Parse(netns.Run("cat", $"/sys/class/net/{link}/statistics/{counter}").Output, CultureInfo.InvariantCulture);

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    private BareTunnel Own(BareTunnel tunnel)
    {
        _owned.Add(tunnel);
        return tunnel;
    }
}
