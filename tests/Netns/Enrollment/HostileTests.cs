using System.Net;
using System.Runtime.Versioning;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>People in between, people without rights, and an engine that is killed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileTests
{
    private const string ServerAt = "10.77.0.2:51822";
    private const string RelayAt = "10.77.0.1:7000";
    private const byte ServerShare = 4;
    private const byte Finish = 5;

    [InteropFact]
    public void Who_substitutes_a_share_gets_nobody_in_and_costs_one_guess()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open();
        using (new Relay(scene.Client.Namespace, IPEndPoint.Parse(RelayAt), scene.ServerEndpoint, passing =>
        {
            if (passing.Kind == ServerShare)
                passing.Datagram[80] ^= 1;
            return [passing];
        }))
        {
            var failed = scene.Join(RelayAt, code, "--timeout", "5");
            Assert.Equal(1, failed.ExitCode);
            Assert.Contains("the code is wrong", failed.Error);
        }

        Assert.False(File.Exists(scene.ClientConfig));
        Assert.Empty(scene.Status().Peers);
        Assert.Equal(2, scene.Status().Window!.GuessesLeft);
        scene.Join(ServerAt, code).EnsureSuccess();
    }

    [InteropFact]
    public void Who_damages_what_is_encrypted_gets_nobody_in_and_costs_no_guess()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open();
        using (new Relay(scene.Client.Namespace, IPEndPoint.Parse(RelayAt), scene.ServerEndpoint, passing =>
        {
            if (passing.Kind == Finish)
                passing.Datagram[90] ^= 1;
            return [passing];
        }))
            Assert.Equal(1, scene.Join(RelayAt, code, "--timeout", "3").ExitCode);
        Assert.False(File.Exists(scene.ClientConfig));
        Assert.Empty(scene.Status().Peers);
        Assert.Equal(3, scene.Status().Window!.GuessesLeft);
    }

    [InteropFact]
    public void Who_doubles_replays_reflects_and_reorders_everything_changes_nothing()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var before = new List<Relay.Passing>();
        using (new Relay(scene.Client.Namespace, IPEndPoint.Parse(RelayAt), scene.ServerEndpoint, passing =>
        {
            // What answers a replay would be one more to replay, without end.
            if (passing.Kind is null || before.Count == 20)
                return [passing];
            // All of before first, in reverse, then it twice, and back to whoever sent it.
            Relay.Passing[] now = [.. Enumerable.Reverse(before), passing, passing, passing with { ToServer = !passing.ToServer }];
            before.Add(passing);
            return now;
        }))
        {
            scene.Join(RelayAt, scene.Open(), "--no-start").EnsureSuccess();
            scene.Client.Engine("up", scene.Client.Interface);
            scene.AssertReached();
        }

        Assert.Single(scene.Status().Peers);
        Assert.Equal(3, scene.Status().Window!.GuessesLeft);
        Assert.True(before.Count >= 6);
    }

    [InteropFact("setpriv", "perl")]
    public void Users_without_permission_open_nothing_however_often_they_try()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        const string Try = """
            use Socket;
            my ($path, $tries) = @ARGV;
            my %answers;
            for (1 .. $tries) {
                socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
                my $answer = "";
                if (connect($s, sockaddr_un($path))) {
                    local $SIG{PIPE} = "IGNORE";
                    syswrite($s, '{"jsonrpc":"2.0","id":1,"method":"enrollment.open"}' . "\n");
                    while (sysread($s, my $part, 4096)) { $answer .= $part }
                    $answer = $answer eq "" || $answer =~ /"AccessDenied"/ && $answer !~ /"code":"/ ? "denied" : $answer;
                } else { $answer = "$!" }
                $answers{$answer}++;
                close($s);
            }
            print join(", ", map { "$_: $answers{$_}" } sort keys %answers), "\n";
            """;
        string[] Nobody(int tries) => ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", Try, scene.ServerSocket, $"{tries}"];
        var user = Nobody(10_000);
        Assert.Equal("Permission denied: 10000\n", scene.Server.Namespace.Run(user[0], user[1..]).Output);
        // And whatever becomes of the modes.
        scene.LoosenModes();
        user = Nobody(500);
        Assert.Equal("denied: 500\n", scene.Server.Namespace.Run(user[0], user[1..]).Output);

        Assert.Null(scene.Status().Window);
        scene.Join(ServerAt, scene.Open()).EnsureSuccess();
    }

    [InteropFact]
    public void A_flood_of_wrong_codes_costs_its_window_and_touches_nobody_who_is_in()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        scene.Join(ServerAt, scene.Open("--max-peers", "1")).EnsureSuccess();
        scene.AssertReached();
        var wrong = EnrollmentScene.Other(scene.Open());
        var failures = new System.Collections.Concurrent.ConcurrentBag<ClientFailure>();
        foreach (var guess in Enumerable.Range(0, 24).Select(_ => StartGuess(scene, wrong, failures)).ToList())
            guess.GetAwaiter().GetResult();
        Assert.Equal(3, failures.Count(failure => failure == ClientFailure.WrongCode));
        Assert.All(failures, failure => Assert.True(failure is ClientFailure.WrongCode or ClientFailure.Closed or ClientFailure.NoAnswer, $"{failure}"));
        Assert.Null(scene.Status().Window);
        Assert.Single(scene.Status().Peers);
        Assert.Equal(0, scene.Ping("10.150.0.1").ExitCode);

        // The next window is as good as any.
        var joined = new Dictionary<string, string>();
        var code = scene.Open();
        // Runs of this source that nobody ended hold its places for ten seconds.
        Eventually.True(
            () =>
            {
                StartJoin(scene, code, joined).GetAwaiter().GetResult();
                return joined.Count == 1;
            },
            "somebody joins");
    }

    [InteropFact]
    public void Whoever_was_told_that_it_joined_has_joined_though_the_server_is_killed()
    {
        using var scene = new EnrollmentScene();
        var acknowledged = new Dictionary<string, string>();
        var random = new Random(1);
        for (var round = 0; round < 5; round++)
        {
            scene.Serve();
            var code = scene.Open();
            var joins = Enumerable.Range(0, 6).Select(_ => StartJoin(scene, code, acknowledged)).ToList();
            Thread.Sleep(random.Next(150));
            Signals.Send(scene.ServerProcess(), Signals.Kill);
            foreach (var join in joins)
                join.GetAwaiter().GetResult();
        }

        Assert.NotEmpty(acknowledged);
        scene.Serve();
        var peers = scene.Status().Peers.ToDictionary(peer => peer.PublicKey, peer => string.Join(' ', peer.Addresses));
        foreach (var (key, addresses) in acknowledged)
            Assert.Equal(addresses, peers[key]);
        Assert.Equal(peers.Count, peers.Values.Distinct().Count());
    }

    private static Task StartGuess(EnrollmentScene scene, string code, System.Collections.Concurrent.ConcurrentBag<ClientFailure> failures) => scene.Client.Namespace.InvokeInBackground(() =>
    {
        using var key = SecretKey.RandomPrivateKey();
        using var identity = new StaticIdentity(key);
        using var credential = Credential.FromCode(code);
        var dialog = new JoinDialog { Server = new HostEndpoint("10.77.0.2", 51822), Credential = credential, Identity = identity, Timeout = TimeSpan.FromSeconds(3) };
        failures.Add(Assert.Throws<JoinException>(() => dialog.Run(CancellationToken.None)).Failure);
    });

    private static Task StartJoin(EnrollmentScene scene, string code, Dictionary<string, string> acknowledged) => scene.Client.Namespace.InvokeInBackground(() =>
    {
        using var key = SecretKey.RandomPrivateKey();
        using var identity = new StaticIdentity(key);
        using var credential = Credential.FromCode(code);
        var dialog = new JoinDialog { Server = new HostEndpoint("10.77.0.2", 51822), Credential = credential, Identity = identity, Timeout = TimeSpan.FromSeconds(1.5) };
        try
        {
            var result = dialog.Run(CancellationToken.None);
            result.PresharedKey!.Dispose();
            lock (acknowledged)
                acknowledged.Add(identity.PublicKey.ToString(), string.Join(' ', result.Grant.Addresses));
        }
        catch (JoinException)
        {
            // Killed before it was told.
        }
    });
}
