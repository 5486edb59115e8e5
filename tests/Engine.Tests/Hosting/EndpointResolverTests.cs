using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

public class EndpointResolverTests
{
    private readonly DelayRecorder _time = new();
    private readonly CapturingLog _log = new();
    private int _lookUps;

    [Fact]
    public async Task An_address_is_taken_as_it_is()
    {
        var endpoint = await Resolver(0, _ => throw new SocketException((int)SocketError.HostNotFound))
            .ResolveAsync(new HostEndpoint("2001:db8::1", 51820), CancellationToken.None);

        Assert.Equal(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 51820), endpoint);
        Assert.Equal(0, _lookUps);
    }

    [Fact]
    public async Task The_systems_first_address_wins()
    {
        var endpoint = await Resolver(0, _ => [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("192.0.2.8")])
            .ResolveAsync(new HostEndpoint("vpn.example", 1), CancellationToken.None);

        Assert.Equal(IPEndPoint.Parse("192.0.2.7:1"), endpoint);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_fails_at_once()
    {
        var failure = await Assert.ThrowsAsync<StartException>(() => Resolver(null, _ => throw new SocketException((int)SocketError.HostNotFound))
            .ResolveAsync(new HostEndpoint("no.example", 1), CancellationToken.None));

        Assert.Equal(StartErrorId.EndpointUnresolved, failure.Id);
        Assert.Contains("no.example:1", failure.Message);
        Assert.Equal(1, _lookUps);
    }

    [Fact]
    public async Task What_may_pass_is_tried_again_with_growing_delays_up_to_20_seconds()
    {
        var endpoint = await Resolver(null, attempt => attempt < 20 ? throw new SocketException((int)SocketError.TryAgain) : [IPAddress.Loopback])
            .ResolveAsync(new HostEndpoint("vpn.example", 1), CancellationToken.None);

        Assert.Equal(IPAddress.Loopback, endpoint.Address);
        Assert.Equal(20, _lookUps);
        Assert.Equal([1.0, 1.2, 1.44], _time.Delays.Take(3).Select(d => Math.Round(d.TotalSeconds, 3)));
        Assert.Equal(TimeSpan.FromSeconds(20), _time.Delays[^1]);
    }

    [Fact]
    public async Task Retries_have_an_end()
    {
        var failure = await Assert.ThrowsAsync<StartException>(() => Resolver(2, _ => throw new SocketException((int)SocketError.TryAgain))
            .ResolveAsync(new HostEndpoint("vpn.example", 1), CancellationToken.None));

        Assert.Equal(StartErrorId.EndpointUnresolved, failure.Id);
        Assert.Equal(3, _lookUps);
    }

    [Fact]
    public async Task A_resolver_that_does_not_come_back_is_not_waited_for()
    {
        using var cancel = new CancellationTokenSource();
        var never = new TaskCompletionSource<IPAddress[]>();
        var resolving = new EndpointResolver(_log, _time, 0, (_, _) => never.Task).ResolveAsync(new HostEndpoint("vpn.example", 1), cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolving);
    }

    [Theory]
    [InlineData(null, 15)]
    [InlineData("", 15)]
    [InlineData("rubbish", 15)]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("infinity", null)]
    public void The_environment_says_how_often(string? value, int? expected) => Assert.Equal(expected, EndpointResolver.ParseRetries(value));

    private EndpointResolver Resolver(int? retries, Func<int, IPAddress[]> lookUp) =>
        new(_log, _time, retries, (_, _) => Task.FromResult(lookUp(++_lookUps)));

    [Fact]
    public async Task Who_ends_the_wait_is_told_what_it_was_for()
    {
        using var cancel = new CancellationTokenSource();
        var resolver = new EndpointResolver(_log, TimeProvider.System, retries: null, (_, _) =>
        {
            cancel.CancelAfter(1);
            throw new SocketException((int)SocketError.TryAgain);
        });

        var canceled = await Assert.ThrowsAsync<ResolutionCanceledException>(() => resolver.ResolveAsync(new HostEndpoint("vpn.example", 51820), cancel.Token));

        Assert.StartsWith("The endpoint vpn.example:51820 could not be resolved yet: ", canceled.Message);
        var told = StartErrors.From(canceled);
        Assert.Equal($"The engine was stopped before it was ready. {canceled.Message}", told.Message);
    }

    /// <summary>Time passes at once, and is written down.</summary>
    private sealed class DelayRecorder : TimeProvider
    {
        public List<TimeSpan> Delays { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
