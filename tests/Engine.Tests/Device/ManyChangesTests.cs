using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Device;

/// <summary>Changes come one by one, thousands of them: what each costs must not grow with the number of peers.</summary>
public sealed class ManyChangesTests : IDisposable
{
    private readonly DevicePair _pair = new(connect: false);

    private WireGuardDevice Device => _pair.A.Device;

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void A_thousand_changes_in_a_row_make_one_list_and_one_table()
    {
        var (lists, tables) = (Device.Roster.Renewals, Device.AllowedIPs.Settlings);
        for (var i = 0; i < 1000; i++)
            Apply(Add(i));
        using (var view = Device.Look(Keys.Numbered(999), [PrefixOf(3)]))
        {
            Assert.Equal([PrefixOf(999)], view.Peer!.AllowedIPs);
            Assert.Equal(Keys.Numbered(3), Assert.Single(view.Others).Peer);
        }

        Apply(new PeerChange { PublicKey = Keys.Numbered(3), Mode = PeerChangeMode.RemoveExisting });
        Apply(new PeerChange { PublicKey = Keys.Numbered(4), Mode = PeerChangeMode.UpdateOnly, ReplaceAllowedIPs = true });
        Assert.Equal((lists, tables + 1), (Device.Roster.Renewals, Device.AllowedIPs.Settlings));
        using var snapshot = Device.Snapshot();
        Assert.Equal(Enumerable.Range(0, 1000).Except([3]).Select(Keys.Numbered), snapshot.Peers.Select(p => p.PublicKey));
        Assert.Equal(lists + 1, Device.Roster.Renewals);
    }

    /// <summary>Until then they go by the trie, which is right and slower.</summary>
    [Fact]
    public void Lookups_are_fast_again_a_second_later_and_right_all_the_time()
    {
        for (var i = 0; i < 10; i++)
        {
            Apply(Add(i));
            Assert.Equal(Keys.Numbered(i), Device.AllowedIPs.Find(PrefixOf(i).BaseAddress)?.PublicKey);
        }

        Assert.False(Device.AllowedIPs.IsSettled);
        Device.RunTimers();
        Assert.False(Device.AllowedIPs.IsSettled);
        _pair.Time.Advance(TimeSpan.FromSeconds(1));
        Device.RunTimers();
        Assert.True(Device.AllowedIPs.IsSettled);
        Assert.Equal(Keys.Numbered(5), Device.AllowedIPs.Find(PrefixOf(5).BaseAddress)?.PublicKey);
        // A change that comes alone is settled at once.
        _pair.Time.Advance(TimeSpan.FromSeconds(1));
        Apply(Add(10));
        Assert.True(Device.AllowedIPs.IsSettled);
    }

    [Fact]
    public void A_change_that_names_a_peer_twice_is_played_through_before_it_is_applied()
    {
        Apply(Add(1));
        PeerChange[] anew = [new() { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.RemoveExisting }, Add(1)];
        Apply(anew);
        Assert.Throws<DeviceChangeException>(() => Apply([.. anew, Add(1)]));
        Assert.Throws<DeviceChangeException>(() => Apply(new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.RemoveExisting }, new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.UpdateOnly }));
        using var replaced = new DeviceChange { ReplacePeers = true, Peers = [new PeerChange { PublicKey = Keys.Numbered(1), Mode = PeerChangeMode.UpdateOnly }] };
        Assert.Throws<DeviceChangeException>(() => Device.Apply(replaced));
        using var snapshot = Device.Snapshot();
        Assert.Equal([Keys.Numbered(1)], snapshot.Peers.Select(p => p.PublicKey));
    }

    [Fact]
    public void A_dry_run_is_refused_as_the_change_would_be_and_changes_nothing()
    {
        using var added = new DeviceChange { Peers = [Add(1)] };
        Device.Apply(added, dryRun: true);
        using (var snapshot = Device.Snapshot())
            Assert.Empty(snapshot.Peers);
        Device.Apply(added);
        Assert.Throws<DeviceChangeException>(() => Device.Apply(added, dryRun: true));
    }

    private static IPNetwork PrefixOf(int number) => new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 32);

    private static PeerChange Add(int number) => new() { PublicKey = Keys.Numbered(number), Mode = PeerChangeMode.AddOnly, AllowedIPs = [new AllowedIPChange(PrefixOf(number))] };

    private void Apply(params PeerChange[] peers)
    {
        using var change = new DeviceChange { Peers = peers };
        Device.Apply(change);
    }
}
