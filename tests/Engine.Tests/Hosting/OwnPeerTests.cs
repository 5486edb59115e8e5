using WireGuard.Configuration;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Hosting;

public sealed class OwnPeerTests
{
    // RFC 7748, section 6.1.
    private const string Private = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    private const string Own = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    private const string Other = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";

    [Theory]
    [InlineData("PrivateKey = " + Private, Own, 1)]
    [InlineData("PrivateKey = " + Private, Other, 0)]
    [InlineData("", Own, 0)]
    public void A_file_is_read_with_a_warning_of_a_peer_that_is_the_tunnel_itself(string key, string peer, int warnings)
    {
        var folder = Directory.CreateTempSubdirectory("wgown");
        try
        {
            var path = Path.Combine(folder.FullName, "wg0.conf");
            File.WriteAllText(path, $"[Interface]\n{key}\n[Peer]\nPublicKey = {peer}\n");
            using var config = TunnelFile.Read(path, out var doubts);

            Assert.Equal(warnings, doubts.Count(d => d is { Id: "OwnPublicKey", Severity: ConfigSeverity.Warning, Line: 4 }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
