using System.Net;
using System.Runtime.Versioning;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Enrollment;

/// <summary>Who is out stays out: with the invitation that it has, and when the disk is full.</summary>
[SupportedOSPlatform("linux")]
public sealed class RevocationTests : IDisposable
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private readonly EnrollmentWorld _world = new(new ServerSettings { Lease = TimeSpan.FromHours(1) });

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Who_is_revoked_does_not_come_back_by_its_invitation_with_whatever_key(int uses)
    {
        var (one, two) = (_world.NewIdentity(), _world.NewIdentity());
        var invite = _world.MakeInvite("a", 1, null, s_day, uses, out var link);
        Assert.Equal(ClientState.Joined, Join(link, one));
        Assert.Equal(ClientState.Joined, Join(link, one));
        Assert.True(_world.Server.RevokePeer(one.PublicKey, _world.Time));

        Assert.NotEqual(ClientState.Joined, Join(link, one));
        Assert.NotEqual(ClientState.Joined, Join(link, two));
        Assert.Empty(_world.Registry.State.Peers);
        Assert.Empty(_world.Registry.State.Invites);
        Assert.Equal([EnrollmentEventKind.PeerRevoked, EnrollmentEventKind.InviteRevoked], _world.Events[^2..].Select(happened => happened.Kind));
        Assert.Equal(invite.Id, _world.Events[^1].InviteId);
    }

    [Fact]
    public void Who_has_joined_by_a_code_since_leaves_its_old_invitation_as_well()
    {
        var identity = _world.NewIdentity();
        _world.MakeInvite("a", 1, null, s_day, 5, out var link);
        Join(link, identity);
        var client = _world.ClientByCode(_world.OpenWindow(new WindowOptions()), identity);
        _world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        Assert.Null(_world.Registry.State.Peers[identity.PublicKey].InviteId);
        _world.Server.RevokePeer(identity.PublicKey, _world.Time);
        Assert.NotEqual(ClientState.Joined, Join(link, identity));
    }

    [Fact]
    public void An_invitation_that_is_used_up_brings_nobody_back_whose_lease_has_ended()
    {
        var identity = _world.NewIdentity();
        _world.MakeInvite("a", 1, null, s_day, 1, out var link);
        Assert.Equal(ClientState.Joined, Join(link, identity));
        _world.Advance(TimeSpan.FromHours(1));
        _world.Server.ExpireLeases(_world.Time);
        Assert.Equal(ClientState.Failed, Join(link, identity));
        Assert.Equal(GrantRefusal.InviteUsedUp, _world.Events[^1].Refusal);
        Assert.Empty(_world.Registry.State.Peers);
    }

    [Fact]
    public void Who_is_out_while_nothing_can_be_stored_is_let_in_by_nothing_until_it_is()
    {
        var (revoked, ended) = (_world.NewIdentity(), _world.NewIdentity());
        _world.MakeInvite("a", 1, null, s_day, 1, out var link);
        Join(link, ended);
        _world.MakeInvite("a", 1, null, s_day, 1, out link);
        _world.Advance(TimeSpan.FromMinutes(1));
        Join(link, revoked);
        _world.Journal.IsFull = true;
        Assert.Throws<IOException>(() => _world.Server.RevokePeer(revoked.PublicKey, _world.Time));
        _world.Advance(TimeSpan.FromMinutes(59));
        Assert.Throws<IOException>(() => _world.Server.ExpireLeases(_world.Time));
        Assert.Equal(2, _world.Registry.Leaving.Count);

        _world.Journal.IsFull = false;
        Assert.Equal(ClientState.Failed, Join(link, revoked));
        Assert.Equal(GrantRefusal.NotStored, _world.Events[^1].Refusal);
        _world.Server.ExpireLeases(_world.Time);
        Assert.Equal([revoked.PublicKey], _world.Registry.State.Peers.Keys);
        _world.Server.RevokeLeaving(_world.Time);
        Assert.Empty(_world.Registry.State.Peers);
        Assert.Empty(_world.Registry.Leaving);
    }

    [Fact]
    public void Who_is_revoked_is_not_told_again_that_it_is_in()
    {
        var identity = _world.NewIdentity();
        var client = _world.ClientByCode(_world.OpenWindow(new WindowOptions()), identity);
        var finish = _world.RunUntilSent(client, EnrollmentMessage.Finish);
        Assert.NotEmpty(_world.Ask(finish));
        Assert.NotEmpty(_world.Ask(finish));
        Assert.True(_world.Server.RevokePeer(identity.PublicKey, _world.Time));
        Assert.Empty(_world.Ask(finish));
    }

    [Fact]
    public void The_end_of_a_lease_is_forgotten_with_its_peer()
    {
        var identity = _world.NewIdentity();
        _world.MakeInvite("a", 1, null, s_day, 1, out var link);
        Join(link, identity);
        var peer = _world.Registry.State.Peers[identity.PublicKey];
        _world.Server.ExpireLeases(_world.Time);
        _world.Advance(TimeSpan.FromHours(1));
        Assert.True(_world.Server.IsLapsed(peer, _world.Time));
        _world.Server.RevokePeer(identity.PublicKey, _world.Time);
        Assert.False(_world.Server.IsLapsed(peer with { LeaseEnds = _world.Time.Wall + s_day }, _world.Time));
    }

    [Fact]
    public void More_leases_than_one_record_holds_end_together()
    {
        const int Many = 35_000;
        var directory = Directory.CreateTempSubdirectory("wg-leases-");
        try
        {
            using var store = EnrollmentStore.Open(directory.FullName);
            var at = DateTimeOffset.UnixEpoch;
            foreach (var block in Enumerable.Range(0, Many).Chunk(2000))
            {
                store.Append([.. block.Select(i => new PeerSet(EnrollmentStoreTests.Peer(i, null) with
                {
                    Addresses = [new(new IPAddress([10, 1, (byte)((i + 2) >> 8), (byte)(i + 2)]), 16)],
                    LeaseEnds = at,
                }))]);
            }

            using var server = new EnrollmentServer(new EnrollmentRegistry(store, new AddressPool([IPNetwork.Parse("10.1.0.0/16")])), new ServerSettings(), _ => { });
            foreach (var hour in new[] { 0, 1 })
                server.ExpireLeases(new EnrollmentTime(hour * 3_600_000_000_000, at.AddHours(hour)));
            Assert.Empty(store.State.Peers);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public void Dispose() => _world.Dispose();

    private ClientState Join(string link, StaticIdentity identity)
    {
        var client = _world.ClientByLink(link, identity);
        _world.Run(client, TimeSpan.FromSeconds(35));
        client.Result?.PresharedKey?.Dispose();
        return client.State;
    }
}
