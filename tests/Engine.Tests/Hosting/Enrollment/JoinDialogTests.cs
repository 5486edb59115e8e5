using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Hosting;

/// <summary>The client's side of a join, where nobody answers.</summary>
public sealed class JoinDialogTests
{
    [Fact]
    public void Where_a_name_is_not_found_the_address_is_asked_that_the_server_had()
    {
        using var code = Credential.FromCode("123456");
        using var key = SecretKey.RandomPrivateKey();
        using var identity = new StaticIdentity(key);
        var told = new List<string>();
        var dialog = new JoinDialog
        {
            Server = new HostEndpoint("nobody.invalid", 9),
            Credential = code,
            Identity = identity,
            Timeout = TimeSpan.FromSeconds(1),
            Known = IPAddress.Loopback,
            Tell = told.Add,
        };
        Assert.Equal(ClientFailure.NoAnswer, Assert.Throws<JoinException>(() => dialog.Run(CancellationToken.None)).Failure);
        Assert.Equal("nobody.invalid is not found; trying 127.0.0.1, where it was", Assert.Single(told));
        Assert.False(dialog.HasShownKey);
    }
}
