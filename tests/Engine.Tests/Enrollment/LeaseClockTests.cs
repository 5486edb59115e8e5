using System.Runtime.Versioning;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Enrollment;

/// <summary>Leases and a wall clock that is set: nobody is let go because of that.</summary>
[SupportedOSPlatform("linux")]
public sealed class LeaseClockTests : IDisposable
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);
    private static readonly ServerSettings s_settings = new() { Lease = s_day };

    private readonly MemoryJournal _journal = new();
    private readonly List<EnrollmentWorld> _worlds = [];

    [Fact]
    public void A_lease_of_this_run_lasts_as_long_as_it_was_granted_for_whatever_the_wall_clock_does()
    {
        var world = Start();
        var identity = Join(world);
        world.WallOffset = TimeSpan.FromDays(4000);
        Go(world, TimeSpan.FromHours(23));
        Assert.False(IsLapsed(world, identity));
        world.WallOffset = TimeSpan.FromDays(-4000);
        Go(world, TimeSpan.FromMinutes(50));
        Assert.False(IsLapsed(world, identity));
        Go(world, TimeSpan.FromMinutes(11));
        Assert.Empty(world.Registry.State.Peers);
        Assert.Equal(EnrollmentEventKind.LeaseExpired, world.Events[^1].Kind);
    }

    [Fact]
    public void A_clock_that_is_wrong_at_the_start_lets_nobody_go_and_is_believed_when_it_is_set_right()
    {
        var identity = Join(Start());
        var world = Start(ahead: TimeSpan.FromDays(4000));
        Go(world, TimeSpan.FromMinutes(59));
        Assert.True(IsLapsed(world, identity));
        world.WallOffset = TimeSpan.Zero;
        Go(world, TimeSpan.FromSeconds(1));
        Assert.False(IsLapsed(world, identity));
        Go(world, TimeSpan.FromHours(25));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Fact]
    public void What_has_ended_before_the_start_is_out_at_once_and_let_go_once_the_clock_was_steady_for_an_hour()
    {
        var identity = Join(Start());
        var world = Start(later: TimeSpan.FromDays(2));
        Go(world, TimeSpan.FromMinutes(59));
        Assert.True(IsLapsed(world, identity));
        Go(world, TimeSpan.FromMinutes(2));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Fact]
    public void A_jump_is_not_believed_for_an_hour_and_leases_go_on_meanwhile_from_where_they_were()
    {
        var (one, other) = (Start(), _journal);
        var identity = Join(one);
        var world = Start(later: TimeSpan.FromHours(21));
        Go(world, TimeSpan.FromHours(2));
        // Half an hour too late for the lease, then back: nothing has come of it.
        world.WallOffset = TimeSpan.FromDays(4000);
        Go(world, TimeSpan.FromMinutes(30));
        Assert.False(IsLapsed(world, identity));
        world.WallOffset = TimeSpan.Zero;
        Go(world, TimeSpan.FromMinutes(20));
        Assert.False(IsLapsed(world, identity));
        // In the midst of a jump the lease ends when it would have; it is let go when the clock is relied on again.
        world.WallOffset = TimeSpan.FromDays(-4000);
        Go(world, TimeSpan.FromMinutes(15));
        Assert.True(IsLapsed(world, identity));
        Assert.Single(other.State.Peers);
        world.WallOffset = TimeSpan.Zero;
        Go(world, TimeSpan.FromMinutes(61));
        Assert.Empty(other.State.Peers);
    }

    [Fact]
    public void A_clock_that_stays_where_it_has_jumped_to_is_believed_in_the_end()
    {
        var identity = Join(Start());
        var world = Start();
        Go(world, TimeSpan.FromHours(2));
        world.WallOffset = TimeSpan.FromDays(4);
        Go(world, TimeSpan.FromMinutes(59));
        Assert.False(IsLapsed(world, identity));
        Go(world, TimeSpan.FromMinutes(2));
        Assert.Empty(world.Registry.State.Peers);
    }

    [Fact]
    public void Who_is_out_by_a_clock_that_is_not_relied_on_yet_does_not_come_in_by_an_invitation_that_is_used_up()
    {
        var before = Start();
        var identity = before.NewIdentity();
        before.MakeInvite("a", 1, null, TimeSpan.FromDays(30), 1, out var link);
        Assert.Equal(ClientState.Joined, Join(before, link, identity).State);
        var world = Start(later: TimeSpan.FromDays(2));
        Assert.True(IsLapsed(world, identity));

        Assert.Equal(GrantRefusal.InviteUsedUp, Join(world, link, identity).Result!.Grant.Refusal);
        Assert.True(IsLapsed(world, identity));
        Assert.Single(_journal.State.Peers);
    }

    [Fact]
    public void An_invitation_that_is_used_up_repeats_its_answer_and_renews_no_lease()
    {
        var world = Start();
        var identity = world.NewIdentity();
        world.MakeInvite("a", 1, null, TimeSpan.FromDays(30), 1, out var link);
        Assert.Equal(86_400u, Join(world, link, identity).Result!.Grant.LeaseSeconds);
        var first = _journal.State.Peers[identity.PublicKey];
        Go(world, TimeSpan.FromHours(12));

        Assert.InRange(Join(world, link, identity).Result!.Grant.LeaseSeconds!.Value, 43_000u, 43_200u);
        Assert.Equal((first.At, first.LeaseEnds), (_journal.State.Peers[identity.PublicKey].At, _journal.State.Peers[identity.PublicKey].LeaseEnds));
        Go(world, TimeSpan.FromHours(12));
        Assert.Empty(_journal.State.Peers);
    }

    [Fact]
    public void A_lease_of_before_the_start_is_not_renewed_by_an_invitation_that_is_used_up()
    {
        var before = Start();
        var identity = before.NewIdentity();
        before.MakeInvite("a", 1, null, TimeSpan.FromDays(30), 1, out var link);
        Join(before, link, identity);
        var world = Start(later: TimeSpan.FromHours(18));
        Assert.InRange(Join(world, link, identity).Result!.Grant.LeaseSeconds!.Value, 21_000u, 21_600u);
        Go(world, TimeSpan.FromHours(6));
        Assert.Empty(_journal.State.Peers);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    public void What_was_granted_by_a_clock_that_is_set_right_later_ends_in_time_after_a_restart(int days)
    {
        var before = Start(ahead: TimeSpan.FromDays(days));
        var identity = Join(before);
        before.WallOffset = TimeSpan.Zero;
        Go(before, TimeSpan.FromMinutes(2));
        Assert.InRange(_journal.State.Peers[identity.PublicKey].LeaseEnds!.Value - before.Time.Wall, s_day - TimeSpan.FromMinutes(4), s_day);
        Assert.InRange(before.Time.Wall - _journal.State.Peers[identity.PublicKey].At, TimeSpan.Zero, TimeSpan.FromMinutes(4));

        var world = Start(later: TimeSpan.FromHours(12));
        Assert.False(IsLapsed(world, identity));
        Go(world, TimeSpan.FromHours(13));
        Assert.Empty(_journal.State.Peers);
    }

    [Fact]
    public void What_could_not_be_corrected_is_not_given_up()
    {
        var before = Start(ahead: TimeSpan.FromDays(30));
        var identity = Join(before);
        before.WallOffset = TimeSpan.Zero;
        before.Server.ExpireLeases(before.Time);
        before.Advance(TimeSpan.FromMinutes(1));
        _journal.IsFull = true;
        Assert.Throws<IOException>(() => before.Server.ExpireLeases(before.Time));
        _journal.IsFull = false;
        before.Advance(TimeSpan.FromSeconds(1));
        before.Server.ExpireLeases(before.Time);
        Assert.True(_journal.State.Peers[identity.PublicKey].LeaseEnds < before.Time.Wall + s_day);
    }

    [Fact]
    public void What_was_granted_by_a_clock_that_was_ahead_until_the_restart_lasts_no_longer_than_its_length_after_it()
    {
        var identity = Join(Start(ahead: TimeSpan.FromDays(30)));
        var world = Start();
        Go(world, TimeSpan.FromHours(23));
        Assert.False(IsLapsed(world, identity));
        Go(world, TimeSpan.FromHours(1));
        Assert.Empty(_journal.State.Peers);
    }

    public void Dispose()
    {
        foreach (var world in _worlds)
            world.Dispose();
    }

    // The state is that of the world before.
    private EnrollmentWorld Start(TimeSpan ahead = default, TimeSpan later = default)
    {
        var world = new EnrollmentWorld(s_settings, _journal) { WallOffset = ahead };
        world.Advance(later);
        _worlds.Add(world);
        world.Server.ExpireLeases(world.Time);
        return world;
    }

    private static StaticIdentity Join(EnrollmentWorld world)
    {
        var identity = world.NewIdentity();
        var client = world.ClientByCode(world.OpenWindow(new WindowOptions()), identity);
        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        client.Result!.PresharedKey!.Dispose();
        return identity;
    }

    private static EnrollmentClient Join(EnrollmentWorld world, string link, StaticIdentity identity)
    {
        var client = world.ClientByLink(link, identity);
        world.Run(client);
        client.Result?.PresharedKey?.Dispose();
        return client;
    }

    // As the host does, though not each second.
    private static void Go(EnrollmentWorld world, TimeSpan time)
    {
        world.Server.ExpireLeases(world.Time);
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(1))
        {
            world.Advance(TimeSpan.FromMinutes(1));
            world.Server.ExpireLeases(world.Time);
        }
    }

    private static bool IsLapsed(EnrollmentWorld world, StaticIdentity identity) =>
        world.Server.IsLapsed(world.Registry.State.Peers[identity.PublicKey], world.Time);
}
