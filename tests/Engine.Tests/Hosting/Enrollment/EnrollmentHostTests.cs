using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Hosting;

/// <summary>An enrollment server in a running tunnel: datagrams of its port, the control socket's requests, the device's peers.</summary>
public sealed class EnrollmentHostTests : IDisposable
{
    private readonly ServedHost _served = new();

    public EnrollmentHostTests() => _served.Start();

    [Fact]
    public void Who_joins_by_a_code_is_a_peer_before_it_is_told_so()
    {
        var identity = _served.NewIdentity();
        var wasThere = new List<bool>();
        _served.Platform.Network.Filter = (_, _, datagram) =>
        {
            if (datagram[0] == EnrollmentFormat.FirstByte && datagram[1] == (byte)EnrollmentMessage.Grant)
                wasThere.Add(_served.Peer(identity.PublicKey) is not null);
            return 1;
        };
        var client = _served.Run(_served.Client(_served.OpenWindow(), identity));

        Assert.Equal(ClientState.Joined, client.State);
        Assert.NotEmpty(wasThere);
        Assert.DoesNotContain(false, wasThere);
        var peer = _served.Peer(identity.PublicKey)!;
        Assert.Equal(["10.150.0.2/32", "fd42:150::2/128"], peer.AllowedIPs.Select(prefix => prefix.ToString()).Order());
        Assert.Equal("laptop", peer.Name);
        Assert.Equal(client.Result!.PresharedKey, peer.PresharedKey);
        Assert.Equal(["10.150.0.2/24", "fd42:150::2/64"], client.Result.Grant.Addresses.Select(address => address.ToString()));
        using var snapshot = _served.Host.Device.Snapshot();
        Assert.Equal(snapshot.PublicKey, client.Result.Server);
        client.Result.PresharedKey!.Dispose();
    }

    [Fact]
    public void A_restart_closes_the_window_and_keeps_who_joined()
    {
        var identity = _served.NewIdentity();
        var code = _served.OpenWindow(new EnrollmentOpenRequest { Seconds = 3600 });
        _served.Run(_served.Client(code, identity)).Result!.PresharedKey!.Dispose();
        using var before = _served.Peer(identity.PublicKey)!.PresharedKey!;
        _served.Stop();

        _served.Start(new());

        Assert.Null(_served.Enrollment.Status().Window);
        using var after = _served.Peer(identity.PublicKey)!.PresharedKey!;
        Assert.Equal(before, after);
        var late = _served.Client(code);
        var sent = 0;
        _served.Platform.Network.Filter = (from, _, _) =>
        {
            Assert.NotEqual(51820, from.Port);
            return sent++ < 0 ? 0 : 1;
        };
        _served.Run(late, until: () => sent >= 2);
        Assert.Equal(ClientState.Hello, late.State);
    }

    [Fact]
    public void Who_is_revoked_is_out_at_once_and_its_address_is_free()
    {
        var (one, two) = (_served.NewIdentity(), _served.NewIdentity());
        var code = _served.OpenWindow();
        _served.Run(_served.Client(code, one)).Result!.PresharedKey!.Dispose();
        Assert.Equal(one.PublicKey.ToString(), _served.Enrollment.RevokePeer(one.PublicKey).PublicKey);
        Assert.Null(_served.Peer(one.PublicKey));
        Assert.Equal(ControlErrorCode.PeerNotFound, Assert.Throws<ControlException>(() => _served.Enrollment.RevokePeer(one.PublicKey)).Code);

        var client = _served.Run(_served.Client(code, two), number: 10);
        Assert.Equal("10.150.0.2/24", client.Result!.Grant.Addresses[0].ToString());
        client.Result.PresharedKey!.Dispose();
        Assert.Equal(["laptop"], _served.Enrollment.Status().Peers.Select(peer => peer.Name));
    }

    [Fact]
    public void A_window_that_is_a_connections_closes_with_it_and_no_later_one_does()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        _served.Enrollment.Open(new EnrollmentOpenRequest(), first.Token).Dispose();
        first.Cancel();
        Assert.NotNull(_served.Enrollment.Status().Window);
        Assert.True(_served.Enrollment.Close().WasOpen);

        _served.Enrollment.Open(new EnrollmentOpenRequest { ClosesWithConnection = true }, second.Token).Dispose();
        Assert.True(_served.Enrollment.Close().WasOpen);
        _served.OpenWindow();
        second.Cancel();
        Assert.NotNull(_served.Enrollment.Status().Window);
        Assert.True(_served.Enrollment.Close().WasOpen);

        using var third = new CancellationTokenSource();
        _served.Enrollment.Open(new EnrollmentOpenRequest { ClosesWithConnection = true }, third.Token).Dispose();
        third.Cancel();
        Assert.Null(_served.Enrollment.Status().Window);
        Assert.Equal("opener-gone", _served.Events.Last(happened => happened.Kind == EnrollmentEvents.WindowClosed).Detail);
        // Nor does one whose connection has ended before it was open.
        _served.Enrollment.Open(new EnrollmentOpenRequest { ClosesWithConnection = true }, third.Token).Dispose();
        Assert.Null(_served.Enrollment.Status().Window);
    }

    [Fact]
    public void What_is_reserved_is_listed_survives_a_restart_and_is_taken_back()
    {
        var identity = _served.NewIdentity();
        var key = identity.PublicKey.ToString();
        var byName = _served.Enrollment.Reserve(new EnrollmentReservationRequest { PeerName = "laptop", Addresses = ["fd42:150::7", "10.150.0.17"] });
        Assert.Equal(["10.150.0.17", "fd42:150::7"], byName.Addresses);
        Assert.Equal(("laptop", null, null), (byName.PeerName, byName.PublicKey, byName.HeldBy));
        Assert.Equal(["10.150.0.2", "fd42:150::2"], _served.Enrollment.Reserve(new EnrollmentReservationRequest { PublicKey = key }).Addresses);
        _served.Stop();
        _served.Start(new());

        Assert.Equal(["10.150.0.2", "10.150.0.17"], _served.Enrollment.Status().Reservations.Select(reservation => reservation.Addresses[0]));
        _served.Run(_served.Client(_served.OpenWindow(), identity, "laptop")).Result!.PresharedKey!.Dispose();
        Assert.Equal([key, null], _served.Enrollment.Status().Reservations.Select(reservation => reservation.HeldBy));
        Assert.Equal(["10.150.0.2/32", "fd42:150::2/128"], _served.Peer(identity.PublicKey)!.AllowedIPs.Select(prefix => prefix.ToString()).Order());
        Assert.Equal(key, _served.Enrollment.Unreserve(new EnrollmentReservationChoice { PublicKey = key }).HeldBy);
        Assert.Equal(["10.150.0.17"], _served.Enrollment.Unreserve(new EnrollmentReservationChoice { Address = "10.150.0.17" }).Addresses);
        Assert.Equal(["fd42:150::7"], _served.Enrollment.Unreserve(new EnrollmentReservationChoice { PeerName = "laptop" }).Addresses);
        Assert.Empty(_served.Enrollment.Status().Reservations);
        Assert.Contains(_served.Log.Lines, line => line.Contains("10.150.0.17, fd42:150::7 reserved for \"laptop\"", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_reserved_is_refused_by_a_name_for_scripts()
    {
        static EnrollmentReservationRequest For(string? name, string? key, params string[] addresses) => new() { PeerName = name, PublicKey = key, Addresses = addresses };
        ControlErrorCode Refused(EnrollmentReservationRequest request) => Assert.Throws<ControlException>(() => _served.Enrollment.Reserve(request)).Code;
        var own = _served.Enrollment.Status().PublicKey;
        _served.Enrollment.Reserve(For("printer", null, "10.150.0.9"));

        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For(null, null)));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For("a", own)));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For(" a", null)));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For(null, "short")));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For(null, own)));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For("a", null, "10.150.0.300")));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For("a", null, "10.150.0.1")));
        Assert.Equal(ControlErrorCode.InvalidValue, Refused(For("a", null, "10.151.0.2")));
        Assert.Equal(ControlErrorCode.EnrollmentRefused, Refused(For("a", null, "10.150.0.9")));
        _served.Journal.IsFull = true;
        Assert.Equal(ControlErrorCode.EnrollmentRefused, Refused(For("a", null)));
        _served.Journal.IsFull = false;
        Assert.Equal(["10.150.0.9"], Assert.Single(_served.Enrollment.Status().Reservations).Addresses);
        ControlErrorCode NotThere(EnrollmentReservationChoice choice) => Assert.Throws<ControlException>(() => _served.Enrollment.Unreserve(choice)).Code;
        Assert.Equal(ControlErrorCode.EnrollmentNotFound, NotThere(new EnrollmentReservationChoice { PeerName = "a" }));
        Assert.Equal(ControlErrorCode.EnrollmentNotFound, NotThere(new EnrollmentReservationChoice { Address = "10.150.0.8" }));
        Assert.Equal(ControlErrorCode.InvalidValue, NotThere(new EnrollmentReservationChoice { PeerName = "printer", Address = "10.150.0.9" }));
        Assert.Equal(ControlErrorCode.InvalidValue, NotThere(new EnrollmentReservationChoice()));
    }

    [Fact]
    public void Three_wrong_codes_close_the_window()
    {
        var code = _served.OpenWindow();
        var wrong = code == "000000" ? "000001" : "000000";
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(3 - i, _served.Enrollment.Status().Window!.GuessesLeft);
            Assert.Equal(ClientFailure.WrongCode, _served.Run(_served.Client(wrong), number: 20 + i).Failure);
        }

        Assert.Null(_served.Enrollment.Status().Window);
        Assert.Equal("wrong-guesses", _served.Events.Last(happened => happened.Kind == EnrollmentEvents.WindowClosed).Detail);
        Assert.Equal([2, 1, 0], _served.Events.Where(happened => happened.Kind == EnrollmentEvents.WrongGuess).Select(happened => happened.GuessesLeft!.Value));
    }

    [Fact]
    public void A_person_approves_by_key_by_fingerprint_or_by_a_name_that_is_one_clients_alone()
    {
        var code = _served.OpenWindow(new EnrollmentOpenRequest { Approve = true });
        var identities = Enumerable.Range(0, 4).Select(_ => _served.NewIdentity()).ToArray();
        // The last one calls itself what the first one's fingerprint is.
        string[] names = ["a", "b", "b", EnrollmentWordsOf(identities[0].PublicKey)];
        var clients = identities.Select((identity, i) => _served.Client(code, identity, names[i])).ToArray();
        for (var i = 0; i < clients.Length; i++)
            _served.Run(clients[i], until: () => clients[i].IsWaitingForApproval, number: 30 + i);
        var status = _served.Enrollment.Status();
        Assert.Equal(names, status.Waiting.Select(client => client.Name));

        Assert.Equal(ControlErrorCode.InvalidValue, Assert.Throws<ControlException>(() => _served.Enrollment.Approve("b")).Code);
        Assert.Equal(ControlErrorCode.EnrollmentNotFound, Assert.Throws<ControlException>(() => _served.Enrollment.Approve("c")).Code);
        var grouped = string.Join('-', status.Waiting[0].Fingerprint.Chunk(4).Select(part => new string(part))).ToUpperInvariant();
        Assert.Equal(identities[0].PublicKey.ToString(), _served.Enrollment.Approve(grouped).PublicKey);
        Assert.Equal(identities[1].PublicKey.ToString(), _served.Enrollment.Deny(status.Waiting[1].PublicKey).PublicKey);
        Assert.Equal("b", _served.Enrollment.Approve("b").Name);

        for (var i = 0; i < 3; i++)
            _served.Run(clients[i], number: 30 + i);
        Assert.Equal([ClientState.Joined, ClientState.Failed, ClientState.Joined], clients[..3].Select(client => client.State));
        Assert.Equal(GrantRefusal.Denied, clients[1].Result!.Grant.Refusal);
        Assert.Null(_served.Peer(identities[1].PublicKey));
        Assert.Equal(2, _served.Enrollment.Status().Window!.Joined.Count);
        foreach (var client in clients)
            client.Result?.PresharedKey?.Dispose();
    }

    [Fact]
    public void Who_is_approved_and_finds_no_address_is_an_error_of_the_approval()
    {
        _served.Stop();
        _served.Start(ServedHost.Told with { Pool = ["10.0.0.0/31"] });
        var code = _served.OpenWindow(new EnrollmentOpenRequest { Approve = true });
        EnrollmentClient[] clients = [_served.Client(code, name: "one"), _served.Client(code, name: "two")];
        for (var i = 0; i < 2; i++)
            _served.Run(clients[i], until: () => clients[i].IsWaitingForApproval, number: 40 + i);
        _served.Enrollment.Approve("one");
        Assert.Equal(ControlErrorCode.EnrollmentRefused, Assert.Throws<ControlException>(() => _served.Enrollment.Approve("two")).Code);
        Assert.Equal((1L, 2L, 0L), (_served.Enrollment.Status().Peers.Count, _served.Enrollment.Status().Pools[0].Taken, _served.Enrollment.Status().Pools[0].Free));
    }

    [Fact]
    public void An_invitation_is_listed_used_as_often_as_it_may_and_revoked()
    {
        var link = _served.Invite(new EnrollmentInviteRequest { PeerName = "printer" });
        Assert.StartsWith("wg-enroll://vpn.example:51820/", link);
        var invite = Assert.Single(_served.Enrollment.Status().Invites);
        Assert.Equal((1, 1, "printer"), (invite.UsesLeft, invite.MaxUses, invite.PeerName));

        var joined = _served.Run(_served.Client(link));
        Assert.Equal((ClientState.Joined, "printer"), (joined.State, joined.Result!.Grant.Name));
        joined.Result.PresharedKey!.Dispose();
        Assert.Equal(invite.Id, Assert.Single(_served.Enrollment.Status().Peers).InviteId);
        var second = _served.Run(_served.Client(link), number: 10);
        Assert.Equal((ClientFailure.Refused, GrantRefusal.InviteUsedUp), (second.Failure, second.Result!.Grant.Refusal));
        Assert.Equal(0, _served.Enrollment.Status().Invites[0].UsesLeft);

        Assert.Equal(invite.Id, _served.Enrollment.RevokeInvite(invite.Id).Id);
        Assert.Empty(_served.Enrollment.Status().Invites);
        Assert.Equal(ControlErrorCode.EnrollmentNotFound, Assert.Throws<ControlException>(() => _served.Enrollment.RevokeInvite(invite.Id)).Code);
        Assert.Equal(ControlErrorCode.InvalidValue, Assert.Throws<ControlException>(() => _served.Enrollment.RevokeInvite("x")).Code);
    }

    [Theory]
    [InlineData("vpn.example", "wg-enroll://vpn.example:51820/")]
    [InlineData("vpn.example:7", "wg-enroll://vpn.example:7/")]
    [InlineData("192.0.2.1", "wg-enroll://192.0.2.1:51820/")]
    [InlineData("2001:db8::1", "wg-enroll://[2001:db8::1]:51820/")]
    [InlineData("[2001:db8::1]:7", "wg-enroll://[2001:db8::1]:7/")]
    [InlineData("a b", null)]
    [InlineData("a:0", null)]
    [InlineData("a:b", null)]
    [InlineData(":1", null)]
    [InlineData("", null)]
    public void An_invitation_says_where_the_server_is(string endpoint, string? start)
    {
        var request = new EnrollmentInviteRequest { Endpoint = endpoint };
        if (start is not null)
            Assert.StartsWith(start, _served.Invite(request));
        else
            Assert.Equal("endpoint", Assert.Throws<ControlException>(() => _served.Invite(request)).Member);
    }

    [Fact]
    public void What_is_out_of_bounds_is_told_by_its_name()
    {
        Assert.Equal("seconds", Assert.Throws<ControlException>(() => _served.OpenWindow(new() { Seconds = 9 })).Member);
        Assert.Equal("seconds", Assert.Throws<ControlException>(() => _served.OpenWindow(new() { Seconds = 3601 })).Member);
        Assert.Equal("maxPeers", Assert.Throws<ControlException>(() => _served.OpenWindow(new() { MaxPeers = 0 })).Member);
        Assert.Equal("codeLength", Assert.Throws<ControlException>(() => _served.OpenWindow(new() { CodeLength = 5 })).Member);
        Assert.Equal("expiresInSeconds", Assert.Throws<ControlException>(() => _served.Invite(new() { ExpiresInSeconds = 59 })).Member);
        Assert.Equal("maxUses", Assert.Throws<ControlException>(() => _served.Invite(new() { MaxUses = 0 })).Member);
        Assert.Equal("peerName", Assert.Throws<ControlException>(() => _served.Invite(new() { PeerName = "a\nb" })).Member);
        Assert.Equal(8, _served.OpenWindow(new() { CodeLength = 8 }).Length);
        Assert.Equal(ControlErrorCode.WindowOpen, Assert.Throws<ControlException>(() => _served.OpenWindow()).Code);
        Assert.True(_served.Enrollment.Close().WasOpen);
        Assert.False(_served.Enrollment.Close().WasOpen);
        Assert.Empty(_served.Enrollment.Status().Invites);
    }

    [Fact]
    public void Everything_is_an_event_and_a_line_of_the_log_and_no_secret_is_in_either()
    {
        var code = _served.OpenWindow(new EnrollmentOpenRequest { MaxPeers = 1 });
        var link = _served.Invite();
        var identity = _served.NewIdentity();
        _served.Run(_served.Client(code, identity)).Result!.PresharedKey!.Dispose();
        _served.Run(_served.Client(link), number: 10).Result!.PresharedKey!.Dispose();
        _served.Enrollment.RevokePeer(identity.PublicKey);
        _served.Enrollment.RevokeInvite(_served.Enrollment.Status().Invites[0].Id);
        Assert.Equal(
            [
                EnrollmentEvents.WindowOpened, EnrollmentEvents.InviteMade, EnrollmentEvents.Started, EnrollmentEvents.Granted, EnrollmentEvents.WindowClosed,
                EnrollmentEvents.Started, EnrollmentEvents.Granted, EnrollmentEvents.PeerRevoked, EnrollmentEvents.InviteRevoked,
            ],
            _served.Kinds());
        Assert.Equal("10.150.0.2/24, fd42:150::2/64", _served.Events[3].Detail);
        Assert.StartsWith("192.0.2.9:", _served.Events[3].Endpoint);
        foreach (var kind in _served.Kinds())
            Assert.Contains(_served.Log.Lines, line => line.Contains(kind, StringComparison.Ordinal));
        var secret = link[(link.LastIndexOf('/') + 1)..];
        string[] told = [.. _served.Log.Lines, .. _served.Events.Select(happened => happened.ToString())];
        Assert.DoesNotContain(told, line => line.Contains(code, StringComparison.Ordinal) || line.Contains(secret[..8], StringComparison.Ordinal) || line.Contains(secret[^8..], StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_that_has_ended_takes_no_request()
    {
        var enrollment = _served.Enrollment;
        _served.Stop();
        Action[] requests =
        [
            () => enrollment.Open(new EnrollmentOpenRequest()), () => enrollment.Close(), () => enrollment.Status(), () => enrollment.Approve("a"), () => enrollment.Deny("a"),
            () => enrollment.Invite(new EnrollmentInviteRequest()), () => enrollment.RevokeInvite("00c0ffee12345678"), () => enrollment.RevokePeer(default),
        ];
        Assert.All(requests, request => Assert.Equal(ControlErrorCode.NotServed, Assert.Throws<ControlException>(request).Code));
    }

    [Fact]
    public void A_lease_that_ends_takes_the_peer_out()
    {
        _served.Stop();
        _served.Start(ServedHost.Told with { Lease = 1 });
        var identity = _served.NewIdentity();
        var client = _served.Run(_served.Client(_served.OpenWindow(), identity));
        Assert.Equal(1u, client.Result!.Grant.LeaseSeconds);
        client.Result.PresharedKey!.Dispose();
        SpinWait.SpinUntil(() => _served.Peer(identity.PublicKey) is null, TimeSpan.FromSeconds(10));
        Assert.Null(_served.Peer(identity.PublicKey));
        Assert.Empty(_served.Enrollment.Status().Peers);
        Assert.Contains(EnrollmentEvents.LeaseExpired, _served.Kinds());
    }

    public void Dispose() => _served.Dispose();

    private static string EnrollmentWordsOf(PublicKey key) => WireGuard.Engine.Hosting.EnrollmentWords.Fingerprint(key);
}
