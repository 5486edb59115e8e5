using WireGuard.Tests.Interop;
using WireGuard.Tests.Offload;

namespace WireGuard.Tests.Identity;

/// <summary>What comes out of a tunnel is what went in, byte for byte, whatever was joined and cut on the way.</summary>
public class ByteIdentityTests
{
    [InteropTheory]
    [InlineData(IdentityScene.On, IdentityScene.On)]
    [InlineData(IdentityScene.On, IdentityScene.Off)]
    [InlineData(IdentityScene.Off, IdentityScene.On)]
    [InlineData(IdentityScene.Off, IdentityScene.Off)]
    public void Between_two_engines(string one, string two)
    {
        using var scene = new IdentityScene(one, two);
        Run(scene);
        foreach (var protocol in new[] { NaivePacket.Tcp, NaivePacket.Udp })
        {
            var (cut, joined) = scene.SuperPackets(protocol);
            Assert.Equal(one == IdentityScene.On, cut);
            // What is sent one by one need not come in one batch.
            if (one == two)
                Assert.Equal(two == IdentityScene.On, joined);
        }
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(IdentityScene.On, InteropRequirement.WireGuardGo)]
    [InlineData(IdentityScene.Off, InteropRequirement.WireGuardGo)]
    [InlineData(InteropRequirement.WireGuardGo, IdentityScene.On)]
    [InlineData(InteropRequirement.WireGuardGo, IdentityScene.Off)]
    public void Between_the_engine_and_wireguard_go(string one, string two)
    {
        using var scene = new IdentityScene(one, two);
        Run(scene);
    }

    private static void Run(IdentityScene scene)
    {
        foreach (var address in IdentityScene.StationAddresses)
        {
            ManySizes.Tcp(scene.One.Namespace, scene.Station, address);
            ManySizes.Udp(scene.One.Namespace, scene.Station, address);
        }

        scene.AssertIdentical();
    }
}
