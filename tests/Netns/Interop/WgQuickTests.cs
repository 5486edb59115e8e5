namespace WireGuard.Tests.Interop;

/// <summary>wg-quick(8) with our engine as its userspace implementation.</summary>
public class WgQuickTests
{
    private static readonly string[] s_verbs = ["up", "down", "save"];

    [InteropFact(InteropRequirement.UserspaceWgQuick)]
    public void Up_brings_a_tunnel_and_down_leaves_nothing()
    {
        using var pair = new EnginePair(TestKeys.CreatePresharedKey(), "MTU = 1384");
        Run(pair, pair.One, "up");
        Run(pair, pair.Two, "up");
        Traffic.PingBothWays(pair.One, pair.Two, 50);
        Assert.Equal(1384, pair.One.Namespace.IpJson("link", "show", "dev", pair.One.Interface).Single().GetProperty("mtu").GetInt32());
        Traffic.Transfer(pair.One, pair.Two, pair.Two.InnerIPv6, 1 << 20);

        foreach (var host in new[] { pair.One, pair.Two })
        {
            Run(pair, host, "down");
            host.AssertNothingLeft();
        }
    }

    [InteropFact(InteropRequirement.UserspaceWgQuick)]
    public void It_works_with_our_own_verb_at_the_other_end()
    {
        using var pair = new EnginePair();
        Run(pair, pair.One, "up");
        pair.Up(pair.Two);
        Traffic.PingBothWays(pair.One, pair.Two, 20);
        Run(pair, pair.One, "down");
        pair.One.AssertNothingLeft();
    }

    internal static void Run(EnginePair pair, Host host, string verb)
    {
        Assert.Contains(verb, s_verbs);
        var environment = new Dictionary<string, string> { ["WG_QUICK_USERSPACE_IMPLEMENTATION"] = InteropRequirement.Engine! };
        var process = host.Namespace.Start("wg-quick", [verb, pair.ConfigOf(host)], environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), $"wg-quick {verb} does not end");
        Assert.True(process.ExitCode == 0, $"wg-quick {verb} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}{output.GetAwaiter().GetResult()}");
    }
}
