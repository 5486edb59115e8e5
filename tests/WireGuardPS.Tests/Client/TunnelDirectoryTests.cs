using WireGuard.Client;
using WireGuard.Errors;
using WireGuard.Tests.Fake;

namespace WireGuard.Tests.Client;

public sealed class TunnelDirectoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Live_tunnels_are_those_that_somebody_listens_for()
    {
        _directory.Serve("wg1");
        _directory.Serve("wg0", FakeBehavior.Hung);
        _directory.LeaveBehind("stale");
        _directory.Write("notes.txt", "");
        _directory.Write("no socket at all.sock", "");

        Assert.Equal(["stale", "wg0", "wg1"], _directory.Tunnels.Names());
        Assert.Equal(["wg0", "wg1"], await _directory.Tunnels.LiveNamesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_missing_directory_holds_no_tunnel()
    {
        var missing = new TunnelDirectory(Path.Combine(_directory.Path, "missing"));

        Assert.Empty(missing.Names());
        Assert.Empty(await missing.LiveNamesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_no_crash()
    {
        var deep = new TunnelDirectory(Path.Combine(_directory.Path, new string('d', 120)));

        var exception = await Assert.ThrowsAsync<WgException>(() => deep.ConnectAsync("wg0", TestDirectory.Patient, CancellationToken.None));
        Assert.Equal(ErrorIds.InvalidTunnelName, exception.ErrorId);
    }
}
