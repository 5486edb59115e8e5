using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Tests.Enrollment;

/// <summary>Addresses that are kept for somebody.</summary>
public sealed class ReservationTests
{
    private static readonly ReservationOwner s_printer = new(null, "printer");

    private readonly MemoryJournal _journal = new();

    [Fact]
    public void The_first_of_a_name_gets_what_is_kept_for_it_by_code_and_by_invitation()
    {
        using var world = new EnrollmentWorld();
        world.Registry.Reserve(s_printer, [IPAddress.Parse("10.150.0.7"), IPAddress.Parse("fd42:150::77")]);
        var code = world.OpenWindow(new WindowOptions());
        Assert.Equal(["10.150.0.2/24", "fd42:150::2/64"], Join(world, world.ClientByCode(code, name: "laptop")));
        Assert.Equal(["10.150.0.7/24", "fd42:150::77/64"], Join(world, world.ClientByCode(code, name: "printer"), source: 2));
        Assert.Equal(["10.150.0.3/24", "fd42:150::3/64"], Join(world, world.ClientByCode(code, name: "printer"), source: 3));

        // The name of an invitation is what counts, whatever its client calls itself.
        world.Registry.Reserve(new(null, "scanner"), [IPAddress.Parse("10.150.0.9")]);
        world.MakeInvite("vpn.example", 51820, "scanner", TimeSpan.FromDays(1), 1, out var link);
        Assert.Equal(["10.150.0.9/24", "fd42:150::4/64"], Join(world, world.ClientByLink(link, name: "laptop"), source: 4));
    }

    [Fact]
    public void A_key_gets_what_is_kept_for_it_before_what_is_kept_for_its_name()
    {
        var registry = Registry();
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.3")]);
        registry.Reserve(new(KeyOf(1), null), [IPAddress.Parse("10.0.0.4")]);
        Assert.Equal("10.0.0.4/29", Enroll(registry, 1, "printer"));
        Assert.Equal("10.0.0.3/29", Enroll(registry, 2, "printer"));
        Assert.Equal("10.0.0.2/29", Enroll(registry, 3, "printer"));
    }

    [Fact]
    public void What_is_kept_for_a_name_is_one_hosts_wholly_or_not_at_all()
    {
        var registry = Registry("10.0.0.0/29", "fd00::/64");
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.5")]);
        Assert.Equal("10.0.0.5/29", Enroll(registry, 1, "printer"));
        registry.Reserve(s_printer, [IPAddress.Parse("fd00::77")]);
        Assert.Equal("10.0.0.2/29", Enroll(registry, 2, "printer"));
        Assert.Equal("fd00::3/64", registry.State.Peers[KeyOf(2)].Addresses[1].ToString());
        Assert.Equal("10.0.0.5/29", Enroll(registry, 1, "printer"));
        Assert.Equal("fd00::77/64", registry.State.Peers[KeyOf(1)].Addresses[1].ToString());
    }

    [Fact]
    public void Who_is_in_keeps_its_address_until_it_joins_again_and_then_moves_with_its_preshared_key()
    {
        var registry = Registry();
        Assert.Equal("10.0.0.2/29", Enroll(registry, 1, "printer"));
        var secret = registry.State.Peers[KeyOf(1)].PresharedKey;
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.5")]);
        Assert.Equal("10.0.0.2/29", registry.State.Peers[KeyOf(1)].Addresses[0].ToString());
        _journal.IsFull = true;
        Assert.Null(Enroll(registry, 1, "printer"));
        _journal.IsFull = false;
        Assert.Equal("10.0.0.5/29", Enroll(registry, 1, "printer"));
        Assert.Same(secret, registry.State.Peers[KeyOf(1)].PresharedKey);
        // What it had is another's now, and what it has stays its name's.
        Assert.Equal("10.0.0.2/29", Enroll(registry, 2, "other"));
        Assert.True(registry.Revoke(KeyOf(1), out _));
        Assert.Equal("10.0.0.3/29", Enroll(registry, 3, "third"));
        Assert.Equal("10.0.0.5/29", Enroll(registry, 4, "printer"));
    }

    [Fact]
    public void Without_an_address_it_is_what_the_peer_has_else_the_next_that_is_free()
    {
        var registry = Registry("10.0.0.0/29", "fd00::/64");
        Assert.Equal("10.0.0.2/29", Enroll(registry, 1, "laptop"));
        registry.Reserve(new(KeyOf(1), null), []);
        Assert.Equal(["10.0.0.2", "fd00::2"], Kept(registry, new(KeyOf(1), null)));
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.5")]);
        registry.Reserve(s_printer, []);
        Assert.Equal(["10.0.0.5", "fd00::3"], Kept(registry, s_printer));
        registry.Reserve(s_printer, []);
        Assert.Equal(["10.0.0.5", "fd00::3"], Kept(registry, s_printer));
        foreach (var name in new[] { "a", "b", "c" })
            registry.Reserve(new(null, name), []);
        // Three of six were left, and none is now: nothing is taken of the other prefix.
        var full = Assert.Throws<InvalidOperationException>(() => registry.Reserve(new(null, "d"), []));
        Assert.Contains("No address is free", full.Message);
        Assert.Empty(Kept(registry, new(null, "d")));
    }

    [Theory]
    [InlineData("10.0.0.1", typeof(ArgumentException), "10.0.0.1 is the server's own.")]
    [InlineData("10.0.0.0", typeof(ArgumentException), "10.0.0.0 is none that a client of this tunnel can have")]
    [InlineData("10.0.0.7", typeof(ArgumentException), "10.0.0.7 is none that a client of this tunnel can have")]
    [InlineData("10.0.1.1", typeof(ArgumentException), "they are of 10.0.0.0/29")]
    [InlineData("fd00::7", typeof(ArgumentException), "they are of 10.0.0.0/29")]
    [InlineData("10.0.0.2", typeof(InvalidOperationException), "10.0.0.2 is that of 'laptop', who has joined.")]
    [InlineData("10.0.0.3", typeof(InvalidOperationException), "10.0.0.3 is reserved for 'scanner'.")]
    [InlineData("10.0.0.5", typeof(ArgumentException), "10.0.0.4 is reserved for 'printer', and nobody has two addresses of 10.0.0.0/29.")]
    public void What_cannot_be_kept_is_refused_and_changes_nothing(string address, Type kind, string why)
    {
        var registry = Registry();
        Assert.Equal("10.0.0.2/29", Enroll(registry, 1, "laptop"));
        registry.Reserve(new(null, "scanner"), [IPAddress.Parse("10.0.0.3")]);
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.4")]);
        var changes = _journal.Changes.Count;

        var refused = Assert.Throws(kind, () => registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.4"), IPAddress.Parse(address)]));

        Assert.Contains(why, refused.Message);
        Assert.Equal(changes, _journal.Changes.Count);
        Assert.Equal("10.0.0.5/29", Enroll(registry, 2, "other"));
    }

    [Fact]
    public void What_could_not_be_stored_is_not_kept()
    {
        var registry = Registry();
        _journal.IsFull = true;
        Assert.Throws<IOException>(() => registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.2")]));
        Assert.Throws<IOException>(() => registry.Reserve(s_printer, []));
        _journal.IsFull = false;
        Assert.Equal("10.0.0.2/29", Enroll(registry, 1, "other"));
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.3")]);
        _journal.IsFull = true;
        Assert.Throws<IOException>(() => registry.Unreserve([IPAddress.Parse("10.0.0.3")]));
        _journal.IsFull = false;
        Assert.Equal("10.0.0.4/29", Enroll(registry, 2, "other"));
    }

    [Fact]
    public void A_restart_keeps_them_and_an_address_that_is_the_servers_in_another_pool_is_not_given()
    {
        Registry().Reserve(s_printer, [IPAddress.Parse("10.0.0.5")]);
        var again = Registry();
        Assert.Equal(["10.0.0.5"], Kept(again, s_printer));
        // 10.0.0.5 is the server here.
        var moved = Registry("10.0.0.4/30");
        Assert.Equal("10.0.0.6/30", Enroll(moved, 1, "printer"));
    }

    [Fact]
    public void Who_has_an_address_that_is_kept_no_longer_has_it_still()
    {
        var registry = Registry();
        registry.Reserve(s_printer, [IPAddress.Parse("10.0.0.2")]);
        Assert.Equal("10.0.0.2/29", Enroll(registry, 1, "printer"));
        registry.Unreserve([IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.6")]);
        Assert.Equal("10.0.0.3/29", Enroll(registry, 2, "other"));
        Assert.True(registry.Revoke(KeyOf(1), out _));
        Assert.Equal("10.0.0.2/29", Enroll(registry, 3, "other"));
    }

    private EnrollmentRegistry Registry(params string[] pool) =>
        new(_journal, new AddressPool([.. (pool.Length > 0 ? pool : ["10.0.0.0/29"]).Select(IPNetwork.Parse)]));

    private static PublicKey KeyOf(int number) => new([(byte)number, .. new byte[30], 1]);

    private static string? Enroll(EnrollmentRegistry registry, int who, string name) =>
        registry.Enroll(KeyOf(who), name, new SecretKey(new byte[32]), null, null, default).Peer?.Addresses[0].ToString();

    private static IEnumerable<string> Kept(EnrollmentRegistry registry, ReservationOwner owner) => registry.ReservationsOf(owner).Select(address => address.ToString());

    private static IEnumerable<string> Join(EnrollmentWorld world, EnrollmentClient client, int source = 1)
    {
        world.Run(client, source: source);
        Assert.Equal(ClientState.Joined, client.State);
        client.Result!.PresharedKey!.Dispose();
        return client.Result.Grant.Addresses.Select(address => address.ToString());
    }
}
