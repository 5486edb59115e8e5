using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>`reserve` and `unreserve` on a server that is killed in between.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReservationTests
{
    private const string ServerAt = "10.77.0.2:51822";

    [InteropFact]
    public void A_reserved_address_waits_for_its_peer_whatever_becomes_of_the_server()
    {
        using var scene = new EnrollmentScene();
        scene.Serve("--endpoint", "10.77.0.2");
        var tunnel = scene.Server.Interface;
        Assert.Equal("10.150.0.77, fd42:150::77 is reserved for 'printer'.\n", scene.Server.Engine("reserve", tunnel, "--peer-name", "printer", "--address", "10.150.0.77,fd42:150::77").Output);
        Assert.Equal("10.150.0.2, fd42:150::2 is reserved for 'laptop'.\n", scene.Server.Engine("reserve", tunnel, "--peer-name", "laptop").Output);
        var key = scene.Client.Keys.PublicKey;
        Assert.Equal($"10.150.0.3 is reserved for {key}.\n", scene.Server.Engine("reserve", tunnel, "--public-key", key, "--address", "10.150.0.3").Output);
        AssertRefused(scene, "10.150.0.77 is reserved for 'printer'", "--peer-name", "other", "--address", "10.150.0.77");
        AssertRefused(scene, "10.150.0.1 is the server's own", "--peer-name", "other", "--address", "10.150.0.1");
        AssertRefused(scene, "10.151.0.1 is none that a client of this tunnel can have", "--peer-name", "other", "--address", "10.151.0.1");
        Assert.Equal(2, scene.Server.TryEngine("reserve", tunnel).ExitCode);

        Signals.Send(scene.ServerProcess(), Signals.Kill);
        scene.Serve();
        Assert.Equal(["10.150.0.2", "10.150.0.3", "10.150.0.77"], scene.Status().Reservations.Select(reservation => reservation.Addresses[0]));
        Assert.Contains("  reserved: 10.150.0.77, fd42:150::77 for 'printer', not taken yet", scene.Server.Engine("status", tunnel).Output);

        // By an invitation of that name, whatever the host calls itself.
        var link = scene.Server.Engine("invite", tunnel, "--peer-name", "printer").Output.Trim();
        scene.Join("-", link, "--peer-name", "laptop").EnsureSuccess();
        Assert.Equal("10.150.0.77/24, fd42:150::77/64", scene.ClientValue("Address"));
        scene.AssertReached();
        Assert.Contains("  reserved: 10.150.0.77, fd42:150::77 for 'printer'\n", scene.Server.Engine("status", tunnel).Output);
        var held = scene.Status().Reservations[^1].HeldBy;
        Assert.Equal(scene.Status().Peers.Single().PublicKey, held);

        // By a code, and what it calls itself; the revoked one leaves its address reserved.
        scene.Server.Engine("revoke", tunnel, "printer");
        scene.Client.Engine("down", scene.Client.Interface);
        File.Delete(scene.ClientConfig);
        scene.Join(ServerAt, scene.Open(), "--peer-name", "laptop").EnsureSuccess();
        Assert.Equal("10.150.0.2/24, fd42:150::2/64", scene.ClientValue("Address"));
        scene.AssertReached();

        Assert.Equal("10.150.0.77, fd42:150::77 is reserved for 'printer' no longer.\n", scene.Server.Engine("unreserve", tunnel, "--peer-name", "printer").Output);
        Assert.Equal($"10.150.0.3 is reserved for {key} no longer.\n", scene.Server.Engine("unreserve", tunnel, "--address", "10.150.0.3").Output);
        Assert.Contains("Nothing is reserved for this peer.", scene.Server.TryEngine("unreserve", tunnel, "--peer-name", "printer").Error);
        Assert.Equal("10.150.0.9 is reserved for 'laptop'.\nIt is in with 10.150.0.2/24, fd42:150::2/64, and gets what is reserved when it joins again.\n", Moved(scene, tunnel));
    }

    private static string Moved(EnrollmentScene scene, string tunnel)
    {
        scene.Server.Engine("unreserve", tunnel, "--peer-name", "laptop");
        return scene.Server.Engine("reserve", tunnel, "--peer-name", "laptop", "--address", "10.150.0.9").Output;
    }

    private static void AssertRefused(EnrollmentScene scene, string why, params string[] options)
    {
        var refused = scene.Server.TryEngine(["reserve", scene.Server.Interface, .. options]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(why, refused.Error);
    }
}
