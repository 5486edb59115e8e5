using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

public sealed class EnrollmentSessionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Tells_of_the_code_then_of_who_joins_and_of_the_end()
    {
        _directory.Serve("wg0").Tunnel.TakeEnrollments("use printer 1, wrong 2, join laptop 3");
        using var asking = await _directory.ConnectAsync("wg0");
        using var listening = await _directory.ConnectAsync("wg0");
        var told = new List<string>();

        var why = await new EnrollmentSession(asking, listening).RunAsync(
            new EnrollmentOpenRequest { MaxPeers = 1 },
            opened => told.Add(opened.Code.Reveal()),
            (news, peer) => told.Add($"{news.Kind} {peer?.Name} {peer?.LeaseEnds is not null}"),
            CancellationToken.None).WaitAsync(Patience);

        Assert.Equal("enough-peers", why);
        Assert.Contains("493027", told);
        Assert.Equal(
            ["enrollment.granted  False", "enrollment.wrong-guess  False", "enrollment.granted laptop True", "enrollment.window-closed  False"],
            told.Where(t => t.StartsWith("enrollment.", StringComparison.Ordinal) && !t.StartsWith("enrollment.window-opened", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Closes_a_window_that_it_was_cancelled_in()
    {
        _directory.Serve("wg0").Tunnel.TakeEnrollments("");
        using var asking = await _directory.ConnectAsync("wg0");
        using var listening = await _directory.ConnectAsync("wg0");
        using var stop = new CancellationTokenSource();
        var session = new EnrollmentSession(asking, listening);

        var running = session.RunAsync(new EnrollmentOpenRequest { Seconds = 3600 }, _ => stop.Cancel(), (_, _) => { }, stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        Assert.NotNull((await asking.GetEnrollmentAsync(CancellationToken.None)).Window);
        await session.CloseAsync();

        Assert.Null((await asking.GetEnrollmentAsync(CancellationToken.None)).Window);
    }

    [Fact]
    public async Task Leaves_anothers_window_alone()
    {
        _directory.Serve("wg0").Tunnel.TakeEnrollments("");
        using var other = await _directory.ConnectAsync("wg0");
        using var asking = await _directory.ConnectAsync("wg0");
        using var listening = await _directory.ConnectAsync("wg0");
        using var opened = await other.OpenEnrollmentAsync(new EnrollmentOpenRequest(), CancellationToken.None);
        var session = new EnrollmentSession(asking, listening);

        var exception = await Assert.ThrowsAsync<WgException>(() => session.RunAsync(new EnrollmentOpenRequest(), _ => { }, (_, _) => { }, CancellationToken.None));
        Assert.Equal(ErrorIds.WindowOpen, exception.ErrorId);
        await session.CloseAsync();

        Assert.NotNull((await other.GetEnrollmentAsync(CancellationToken.None)).Window);
    }

    [Fact]
    public async Task Does_not_wait_for_an_engine_that_has_gone()
    {
        var server = _directory.Serve("wg0");
        server.Tunnel.TakeEnrollments("");
        using var asking = await _directory.ConnectAsync("wg0");
        using var listening = await _directory.ConnectAsync("wg0");
        var session = new EnrollmentSession(asking, listening);

        var running = session.RunAsync(new EnrollmentOpenRequest { Seconds = 3600 }, _ => server.Dispose(), (_, _) => { }, CancellationToken.None);
        var exception = await Assert.ThrowsAsync<WgException>(() => running.WaitAsync(Patience));
        Assert.Equal(ErrorIds.EngineConnectionLost, exception.ErrorId);
        await session.CloseAsync().WaitAsync(Patience);
    }
}
