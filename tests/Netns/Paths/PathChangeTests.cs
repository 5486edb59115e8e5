using System.Diagnostics;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>The first host's link goes and comes back, or has another address: who has something to say says it at once.</summary>
public sealed class PathChangeTests : IDisposable
{
    // The timer alone would take up to 5.3 s, and the one after a dead session 15.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(3);

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    public void Dispose()
    {
        Two?.Dispose();
        One?.Dispose();
        _files.Dispose();
    }

    [InteropFact]
    public void A_handshake_follows_the_link_that_comes_back()
    {
        One.Namespace.Ip("link", "set", "eth0", "down");
        Up();
        // It has something to say, asks in vain, and its timer is some seconds away each time.
        Assert.NotEqual(0, One.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", Two.InnerIPv4.ToString()).ExitCode);
        var waits = new List<TimeSpan>();
        for (var round = 0; round < 3; round++)
        {
            One.Namespace.Ip("link", "set", "eth0", "up");
            var up = Stopwatch.GetTimestamp();
            Eventually.True(() => One.LatestHandshake() != 0, "a handshake");
            waits.Add(Stopwatch.GetElapsedTime(up));
            if (round == 2)
                break;
            // Afresh: the session is forgotten, the wish to speak is not.
            One.Namespace.Ip("link", "set", "eth0", "down");
            One.Namespace.Run("wg", "set", One.Interface, "peer", Two.Keys.PublicKey, "remove");
            One.Namespace.Run("wg", "set", One.Interface, "peer", Two.Keys.PublicKey, "endpoint", Two.OuterEndpoint(overIPv6: false), "allowed-ips", $"{Two.InnerIPv4}/32");
            _ = One.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", Two.InnerIPv4.ToString());
        }

        // The timer is four seconds away each time. On a machine that has no time the first try can be lost.
        Assert.InRange(waits.Order().ElementAt(1), TimeSpan.Zero, s_soon);
    }

    [InteropFact]
    public void Traffic_goes_on_when_the_link_was_away_for_ten_seconds()
    {
        Up();
        Ping();
        One.Namespace.Ip("link", "set", "eth0", "down");
        _ = One.Namespace.TryRun("ping", "-n", "-q", "-i", "0.5", "-w", "10", Two.InnerIPv4.ToString());
        One.Namespace.Ip("link", "set", "eth0", "up");
        Assert.Equal(0, One.Namespace.TryRun("ping", "-n", "-q", "-i", "0.1", "-c", "1", "-w", "3", Two.InnerIPv4.ToString()).ExitCode);
    }

    [InteropFact]
    public void A_new_address_is_told_to_the_other_end_at_once()
    {
        Up("PersistentKeepalive = 60");
        Ping();
        One.Namespace.Ip("addr", "del", "10.77.0.1/24", "dev", "eth0");
        One.Namespace.Ip("addr", "add", "10.77.0.9/24", "dev", "eth0");
        // Nothing is sent through the tunnel: the keepalive alone would take a minute.
        Eventually.True(() => Two.WgShow("endpoints").Single()[1] == $"10.77.0.9:{One.ListenPort}", "the other end knows the new address");
    }

    private void Up(string more = "")
    {
        Two.Engine("up", _files.Write(Two.Interface + ".conf", Two.ConfigFor(One, withEndpoint: false)));
        One.Engine("up", _files.Write(One.Interface + ".conf", One.ConfigFor(Two, withEndpoint: true) + more + "\n"));
    }

    private void Ping() => One.Namespace.Run("ping", "-n", "-q", "-c", "1", "-w", "15", Two.InnerIPv4.ToString());
}
