using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Soak;

/// <summary>One round of the soak; tests/Soak goes on for as long as it is told.</summary>
public sealed class SoakTests
{
    [InteropFact]
    public void A_tunnel_comes_back_from_everything_that_happens_to_it()
    {
        var said = new List<string>();
        new SoakRun(new SoakOptions(TimeSpan.Zero, Quiet: null, WithSilence: false), said.Add).Run();
        Assert.NotEmpty(said);
    }
}
