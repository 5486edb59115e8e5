using System.Net;
using System.Runtime.CompilerServices;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Hosting;

/// <summary>A served tunnel is its state's: wg(8), peer methods and `sync` do not take it apart, and a full disk keeps nobody in.</summary>
public sealed class ServedGuardTests : IDisposable
{
    private const string Refused = "errno=-22\n\n";

    private readonly ServedHost _served = new();
    private readonly PublicKey _joined;

    public ServedGuardTests()
    {
        _served.Start();
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(_served.OpenWindow(), identity)).Result!.PresharedKey!.Dispose();
        _joined = identity.PublicKey;
    }

    [Theory]
    [InlineData("replace_peers=true\n")]
    [InlineData("private_key=1111111111111111111111111111111111111111111111111111111111111151\n")]
    [InlineData("listen_port=4\n")]
    [InlineData("public_key=JOINED\nremove=true\n")]
    [InlineData("public_key=JOINED\nreplace_allowed_ips=true\n")]
    [InlineData("public_key=JOINED\nallowed_ip=10.9.0.0/24\n")]
    [InlineData("public_key=JOINED\npreshared_key=0000000000000000000000000000000000000000000000000000000000000000\n")]
    [InlineData("public_key=OTHER\nallowed_ip=10.150.0.2/32\n")]
    public void What_clients_hold_on_to_is_not_changed_past_the_state(string change)
    {
        using var before = _served.Host.Device.Snapshot();
        Assert.Equal(Refused, Set(change));
        using var after = _served.Host.Device.Snapshot();
        Assert.Equal((before.PublicKey, before.ListenPort, 1), (after.PublicKey, after.ListenPort, after.Peers.Count));
        Assert.Equal(before.Peers[0].AllowedIPs, after.Peers[0].AllowedIPs);
        Assert.Equal(before.Peers[0].PresharedKey, after.Peers[0].PresharedKey);
    }

    [Theory]
    [InlineData("fwmark=7\n")]
    [InlineData("listen_port=51820\n")]
    [InlineData("public_key=JOINED\npersistent_keepalive_interval=25\n")]
    [InlineData("public_key=OTHER\nallowed_ip=10.9.0.0/24\n")]
    public void The_rest_is_the_administrators(string change) => Assert.Equal("errno=0\n\n", Set(change));

    [Fact]
    public void What_a_peer_has_that_was_added_by_hand_is_nobodys_who_joins_nor_reserved()
    {
        Assert.Equal("errno=0\n\n", Set("public_key=OTHER\nallowed_ip=10.150.0.3/32\nallowed_ip=fd42:150::2:0/112\nallowed_ip=0.0.0.0/0\n"));
        foreach (var address in new[] { "10.150.0.3", "fd42:150::2:7" })
        {
            var refused = Assert.Throws<ControlException>(() => _served.Enrollment.Reserve(new() { PeerName = "printer", Addresses = [address] }));
            Assert.Contains("which a peer has that has not joined", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["10.150.0.4", "fd42:150::3"], _served.Enrollment.Reserve(new() { PeerName = "printer" }).Addresses);
        Assert.Equal(["10.150.0.5/24", "fd42:150::4/64"], Join());
        Assert.Equal(3, _served.Peer(Keys.Numbered(1))!.AllowedIPs.Count);

        // Gone again.
        Assert.Equal("errno=0\n\n", Set("public_key=OTHER\nremove=true\n"));
        Assert.Equal(["10.150.0.3/24", "fd42:150::5/64"], Join());
    }

    [Fact]
    public void What_is_reserved_is_no_peers_that_is_added_by_hand_but_its_owners()
    {
        _ = _served.Enrollment.Reserve(new() { PeerName = "printer", Addresses = ["10.150.0.7"] });
        _ = _served.Enrollment.Reserve(new() { PublicKey = Keys.Numbered(1).ToString(), Addresses = ["10.150.0.8"] });
        Assert.Equal(Refused, Set("public_key=OTHER\nallowed_ip=10.150.0.7/32\n"));
        Assert.Equal("errno=0\n\n", Set("public_key=OTHER\nallowed_ip=10.150.0.8/32\n"));
    }

    [Fact]
    public void No_configuration_is_made_of_it()
    {
        using var key = SecretKey.RandomPrivateKey();
        TunnelWish[] wishes =
        [
            new() { Mode = SyncMode.Sync }, new() { Mode = SyncMode.Replace }, new() { Mode = SyncMode.Append },
            new() { Mode = SyncMode.Set, PrivateKey = key }, new() { Mode = SyncMode.Set, ListenPort = 4 },
            new() { Mode = SyncMode.Set, Addresses = [new InterfaceAddress(IPAddress.Parse("10.9.0.1"), 24)] },
        ];
        Assert.All(wishes, wish => Assert.Equal(ControlErrorCode.InvalidValue, Assert.Throws<ControlException>(() => _served.Host.Sync(wish, dryRun: false)).Code));
        Assert.NotNull(_served.Peer(_joined));
        _ = _served.Host.Sync(new() { Mode = SyncMode.Set, FwMark = 7 }, dryRun: false);
    }

    [Fact]
    public void A_full_disk_keeps_nobody_in_who_is_revoked()
    {
        _served.Journal.IsFull = true;
        var failure = Assert.Throws<ControlException>(() => _served.Enrollment.RevokePeer(_joined));
        Assert.Equal(ControlErrorCode.EnrollmentRefused, failure.Code);
        Assert.Contains("cut off, but that could not be stored", failure.Message, StringComparison.Ordinal);
        Assert.Null(_served.Peer(_joined));
        Assert.Single(_served.Enrollment.Status().Peers);

        _served.Journal.IsFull = false;
        Assert.True(SpinWait.SpinUntil(() => _served.Enrollment.Status().Peers.Count == 0, TimeSpan.FromSeconds(20)));
        Assert.Contains(EnrollmentEvents.PeerRevoked, _served.Kinds());
        _served.Stop();
        _served.Start(new());
        Assert.Null(_served.Peer(_joined));
    }

    [Fact]
    public void A_full_disk_keeps_nobody_in_whose_lease_ends()
    {
        _served.Stop();
        _served.Start(ServedHost.Told with { Lease = 3600 });
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(_served.OpenWindow(), identity), number: 10).Result!.PresharedKey!.Dispose();
        _served.Journal.IsFull = true;
        _served.Time.Pass(TimeSpan.FromHours(2));
        Assert.True(SpinWait.SpinUntil(() => _served.Peer(identity.PublicKey) is null, TimeSpan.FromSeconds(20)));
        Assert.NotNull(_served.Peer(_joined));
        Assert.True(SpinWait.SpinUntil(() => _served.Log.Lines.Count(line => line.Contains("cut off", StringComparison.Ordinal)) == 1, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_clock_that_is_wrong_at_the_start_puts_a_peer_out_until_it_is_right()
    {
        _served.Stop();
        _served.Start(ServedHost.Told with { Lease = 3600 });
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(_served.OpenWindow(), identity), number: 10).Result!.PresharedKey!.Dispose();
        _ = Join();
        _served.Stop();
        _served.Time.Ahead = TimeSpan.FromDays(4000);
        _served.Start();
        Assert.Null(_served.Peer(identity.PublicKey));
        Assert.NotNull(_served.Peer(_joined));
        Assert.Equal(3, _served.Enrollment.Status().Peers.Count);
        Assert.Single(_served.Log.Lines, line => line.Contains("lease over: 2 peers", StringComparison.Ordinal));

        _served.Time.Ahead = TimeSpan.Zero;
        Assert.True(SpinWait.SpinUntil(() => _served.Peer(identity.PublicKey) is not null, TimeSpan.FromSeconds(20)));
        Assert.Equal("10.150.0.3/32", _served.Peer(identity.PublicKey)!.AllowedIPs[0].ToString());
    }

    [Fact]
    public void A_lease_that_lapses_is_told()
    {
        _served.Stop();
        _served.Start(ServedHost.Told with { Lease = 36_000 });
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(_served.OpenWindow(), identity), number: 10).Result!.PresharedKey!.Dispose();
        _served.Stop();
        _served.Start();
        _served.Time.Ahead = TimeSpan.FromDays(4000);
        Assert.True(SpinWait.SpinUntil(() => _served.Kinds().Contains(EnrollmentEvents.LeaseExpired), TimeSpan.FromSeconds(20)));
        var told = _served.Events[^1];
        Assert.Equal((identity.PublicKey.ToString(), "laptop", "lapsed"), (told.PeerPublicKey, told.PeerName, told.Detail));
        Assert.Null(_served.Peer(identity.PublicKey));
    }

    [Fact]
    public void A_window_that_has_closed_keeps_nothing_with_the_connection_that_opened_it()
    {
        using var connection = new CancellationTokenSource();
        var kept = OpenAndClose(connection.Token);
        GC.Collect();
        Assert.False(kept.IsAlive);
        GC.KeepAlive(connection);
    }

    [Fact]
    public void A_key_that_nobody_can_have_has_nothing_reserved() => Assert.Equal(
        "publicKey",
        Assert.Throws<ControlException>(() => _served.Enrollment.Reserve(new() { PublicKey = default(PublicKey).ToString() })).Member);

    [Fact]
    public void Whatever_a_client_calls_itself_is_one_word_of_the_log()
    {
        const string Name = "x\" granted AAAA from 1.2.3.4";
        _served.Run(_served.Client(_served.OpenWindowAnew(), name: Name), number: 10).Result!.PresharedKey!.Dispose();
        Assert.Contains(_served.Log.Lines, line => line.Contains($"\"x\\\" granted AAAA from 1.2.3.4\"", StringComparison.Ordinal));
        Assert.DoesNotContain(_served.Log.Lines, line => line.Contains(Name, StringComparison.Ordinal));
    }

    public void Dispose() => _served.Dispose();

    // What is registered with a token holds the context of who registered it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference OpenAndClose(CancellationToken connection)
    {
        var context = new AsyncLocal<object?> { Value = new object() };
        var kept = new WeakReference(context.Value);
        _ = _served.Enrollment.Close();
        _served.Enrollment.Open(new EnrollmentOpenRequest { ClosesWithConnection = true }, connection).Dispose();
        context.Value = null;
        Assert.True(_served.Enrollment.Close().WasOpen);
        return kept;
    }

    private IEnumerable<string> Join()
    {
        var result = _served.Run(_served.Client(_served.OpenWindowAnew()), number: 10).Result!;
        result.PresharedKey!.Dispose();
        return result.Grant.Addresses.Select(address => address.ToString());
    }

    private string Set(string change) => _served.AskUapi("set=1\n" + change
        .Replace("JOINED", Convert.ToHexStringLower(_joined.Span), StringComparison.Ordinal)
        .Replace("OTHER", Convert.ToHexStringLower(Keys.Numbered(1).Span), StringComparison.Ordinal) + "\n");
}
