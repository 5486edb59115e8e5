using WireGuard.Client;
using WireGuard.Errors;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests.Client;

public sealed class TunnelStopperTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_engine_that_stays_is_a_timeout()
    {
        _directory.Serve("wg0", FakeBehavior.StopsNever);
        using var client = await _directory.ConnectAsync("wg0");

        var exception = await Assert.ThrowsAsync<WgException>(() => TunnelStopper.StopAsync(
            client, _directory.Tunnels.SocketPath("wg0"), TimeSpan.FromMilliseconds(200), CancellationToken.None));
        Assert.Equal(ErrorIds.EngineTimeout, exception.ErrorId);
    }

    [Fact]
    public async Task Closing_is_not_enough_while_the_process_lives()
    {
        // The fake lives in this very process, which does not end with it.
        var server = _directory.Serve("wg0");
        server.Tunnel.StopRequested += server.Dispose;
        using var client = await _directory.ConnectAsync("wg0");

        var exception = await Assert.ThrowsAsync<WgException>(() => TunnelStopper.StopAsync(
            client, _directory.Tunnels.SocketPath("wg0"), TimeSpan.FromSeconds(3), CancellationToken.None));
        Assert.Equal(ErrorIds.EngineTimeout, exception.ErrorId);
        Assert.Contains(server.Requests, r => r.Contains("tunnel.stop", StringComparison.Ordinal));
    }
}
