using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

/// <summary>The methods enrollment.* on the control socket.</summary>
public sealed class EnrollmentMethodTests
{
    private static readonly string s_key = Keys.Numbered(1).ToString();

    public static TheoryData<string, string> Calls => new()
    {
        { ControlProtocol.Methods.EnrollmentOpen, "{}" },
        { ControlProtocol.Methods.EnrollmentClose, "{}" },
        { ControlProtocol.Methods.EnrollmentStatus, "{}" },
        { ControlProtocol.Methods.EnrollmentApprove, """{"client":"laptop"}""" },
        { ControlProtocol.Methods.EnrollmentDeny, """{"client":"laptop"}""" },
        { ControlProtocol.Methods.EnrollmentInvite, "{}" },
        { ControlProtocol.Methods.EnrollmentRevokeInvite, """{"id":"00c0ffee12345678"}""" },
        { ControlProtocol.Methods.EnrollmentRevokePeer, $$"""{"publicKey":"{{s_key}}"}""" },
        { ControlProtocol.Methods.EnrollmentReserve, """{"peerName":"laptop","addresses":["10.150.0.7"]}""" },
        { ControlProtocol.Methods.EnrollmentUnreserve, """{"peerName":"laptop"}""" },
    };

    [Fact]
    public void Every_method_is_among_the_calls() => Assert.Equal(
        typeof(ControlProtocol.Methods).GetFields().Select(f => (string)f.GetRawConstantValue()!).Where(name => name.StartsWith("enrollment.", StringComparison.Ordinal)).Order(),
        Calls.Select(row => (string)row[0]).Order());

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_tunnel_without_a_server_says_so(string method, string parameters)
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync(method, parameters)).AssertError(ControlErrorCode.NotServed);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_server_is_asked_and_its_refusals_are_answers(string method, string parameters)
    {
        await using var fixture = new ControlFixture();
        var server = new FakeEnrollmentControl();
        fixture.Context.Enrollment = server;
        using var client = await fixture.ConnectAsync();
        Assert.True((await client.CallAsync(method, parameters)).TryGetProperty("result", out _));
        server.Failure = new ControlException(ControlErrorCode.EnrollmentRefused, "no");
        (await client.CallAsync(method, parameters)).AssertError(ControlErrorCode.EnrollmentRefused);
        Assert.Equal(2, server.Calls.Count);
    }

    [Fact]
    public async Task What_is_asked_comes_as_it_was_written()
    {
        await using var fixture = new ControlFixture();
        var server = new FakeEnrollmentControl();
        fixture.Context.Enrollment = server;
        using var client = await fixture.ConnectAsync();
        await client.CallAsync(ControlProtocol.Methods.EnrollmentOpen, """{"seconds":120,"maxPeers":2,"approve":true,"codeLength":8}""");
        await client.CallAsync(ControlProtocol.Methods.EnrollmentOpen);
        await client.CallAsync(ControlProtocol.Methods.EnrollmentInvite, """{"peerName":"printer","expiresInSeconds":60,"maxUses":3,"endpoint":"a:1"}""");
        await client.CallAsync(ControlProtocol.Methods.EnrollmentApprove, """{"client":"laptop"}""");
        await client.CallAsync(ControlProtocol.Methods.EnrollmentRevokePeer, $$"""{"publicKey":"{{s_key}}"}""");
        await client.CallAsync(ControlProtocol.Methods.EnrollmentReserve, """{"peerName":"laptop","addresses":["10.150.0.7","fd42:150::7"]}""");
        await client.CallAsync(ControlProtocol.Methods.EnrollmentUnreserve, """{"address":"10.150.0.7"}""");
        Assert.Equal(
            [
                new EnrollmentOpenRequest { Seconds = 120, MaxPeers = 2, Approve = true, CodeLength = 8 },
                new EnrollmentOpenRequest(),
                new EnrollmentInviteRequest { PeerName = "printer", ExpiresInSeconds = 60, MaxUses = 3, Endpoint = "a:1" },
                "approve laptop",
                $"revoke {s_key}",
                "reserve 10.150.0.7,fd42:150::7 for laptop",
                "unreserve 10.150.0.7",
            ],
            server.Calls);
        (await client.CallAsync(ControlProtocol.Methods.EnrollmentRevokePeer, """{"publicKey":"short"}""")).AssertError(ControlErrorCode.InvalidValue, "publicKey");
        (await client.CallAsync(ControlProtocol.Methods.EnrollmentApprove, "{}")).AssertError(ControlErrorCode.InvalidParams);
        (await client.CallAsync(ControlProtocol.Methods.EnrollmentApprove, """{"client":null}""")).AssertError(ControlErrorCode.InvalidValue, "client");
        (await client.CallAsync(ControlProtocol.Methods.EnrollmentRevokeInvite, """{"id":""}""")).AssertError(ControlErrorCode.InvalidValue, "id");
    }

    [Fact]
    public async Task Codes_and_links_are_told_once_and_zeroed()
    {
        await using var fixture = new ControlFixture();
        var server = new FakeEnrollmentControl();
        fixture.Context.Enrollment = server;
        using var client = await fixture.ConnectAsync();
        Assert.Equal(FakeEnrollmentControl.Code, (await client.CallAsync(ControlProtocol.Methods.EnrollmentOpen)).GetProperty("result").GetProperty("code").GetString());
        Assert.Equal(FakeEnrollmentControl.Link, (await client.CallAsync(ControlProtocol.Methods.EnrollmentInvite)).GetProperty("result").GetProperty("link").GetString());
        Assert.All(server.Given, secret => Assert.DoesNotContain(secret.Span.ToArray(), c => c != 0));
        Assert.DoesNotContain(fixture.Log.Lines, line => line.Contains(FakeEnrollmentControl.Code, StringComparison.Ordinal) || line.Contains("wg-enroll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_opens_is_known_to_be_gone()
    {
        await using var fixture = new ControlFixture();
        var server = new FakeEnrollmentControl();
        fixture.Context.Enrollment = server;
        using (var client = await fixture.ConnectAsync())
        {
            (await client.CallAsync(ControlProtocol.Methods.EnrollmentOpen, """{"closesWithConnection":true}""")).Result<EnrollmentOpened>();
            Assert.False(server.Opener.IsCancellationRequested);
        }

        var gone = new TaskCompletionSource();
        await using var registration = server.Opener.Register(gone.SetResult);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Who_has_opened_a_window_does_not_give_way_to_another_client()
    {
        await using var fixture = new ControlFixture(options => options with { Limits = new SocketServerLimits { MaxConnections = 2 }, Time = TimeProvider.System });
        var server = new FakeEnrollmentControl();
        fixture.Context.Enrollment = server;
        using var opener = await fixture.ConnectAsync();
        (await opener.CallAsync(ControlProtocol.Methods.EnrollmentOpen, """{"closesWithConnection":true}""")).Result<EnrollmentOpened>();
        using var idle = await fixture.ConnectAsync();
        await Wait.UntilAsync(() => fixture.Server.IdleConnectionCount == 2);
        using var third = await fixture.ConnectAsync();
        Assert.Null(await idle.ReadLineAsync());
        Assert.False(server.Opener.IsCancellationRequested);
        (await opener.CallAsync(ControlProtocol.Methods.EnrollmentClose)).Result<EnrollmentClosed>();
    }

    [Fact]
    public void A_secret_goes_through_json_and_nowhere_else()
    {
        using var opened = new EnrollmentOpened { Code = new ShownSecret("1\"2\\3é"), Seconds = 1, ClosesAt = default };
        Assert.DoesNotContain("1", $"{opened.Code}");
        var text = JsonSerializer.Serialize(opened, ControlJsonContext.Default.EnrollmentOpened);
        using var again = JsonSerializer.Deserialize(text, ControlJsonContext.Default.EnrollmentOpened)!;
        Assert.Equal("1\"2\\3é", again.Code.Reveal());
    }

    [Fact]
    public async Task Events_of_enrollments_come_with_time_and_tunnel()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync("events.subscribe")).Result<Done>();
        fixture.Context.Raise(new EngineEvent { Kind = EnrollmentEvents.WrongGuess, Tunnel = "", Endpoint = "192.0.2.7:1", GuessesLeft = 2 });
        Assert.Equal(
            """{"jsonrpc":"2.0","method":"event","params":{"kind":"enrollment.wrong-guess","time":"2026-01-01T00:00:00+00:00","tunnel":"wg0","endpoint":"192.0.2.7:1","guessesLeft":2}}""",
            await client.ReadLineAsync());
    }
}
