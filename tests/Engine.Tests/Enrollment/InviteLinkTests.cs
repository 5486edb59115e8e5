using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Enrollment;

public sealed class InviteLinkTests
{
    private static readonly DateTimeOffset s_expires = new(2026, 12, 24, 18, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("vpn.example.org", 51820)]
    [InlineData("203.0.113.1", 1)]
    [InlineData("[2001:db8::1]", 65535)]
    public void A_link_comes_back_as_it_was(string host, ushort port)
    {
        using var made = new InviteLink(host, port, Hex.Pattern(16, 1), Hex.Pattern(16, 99), s_expires);
        Assert.True(InviteLink.TryParse($"  {made.ToLink().Reveal()}\n", out var read));
        using (read)
        {
            Assert.Equal((host, port), (read.Host, read.Port));
            Assert.Equal(Hex.Pattern(16, 1), read.Secret);
            Assert.Equal(Hex.Pattern(16, 99), read.ServerFingerprint);
            Assert.Equal(s_expires, read.Expires);
            Assert.Equal(made.ToLink().Reveal(), read.ToLink().Reveal());
        }
    }

    [Fact]
    public void No_character_of_it_can_be_changed()
    {
        using var made = new InviteLink("vpn.example.org", 51820, Hex.Pattern(16, 1), Hex.Pattern(16, 99), s_expires);
        var link = made.ToLink().Reveal();
        for (var at = 0; at < link.Length; at++)
        {
            foreach (var c in "Aa0-_/:.[")
            {
                if (char.ToLowerInvariant(c) == char.ToLowerInvariant(link[at]) && at < "wg-enroll://".Length)
                    continue;
                if (c != link[at])
                    Assert.False(InviteLink.TryParse(link.Remove(at, 1).Insert(at, c.ToString()), out _), $"{c} at {at}");
            }

            Assert.False(InviteLink.TryParse(link[..at], out _));
        }

        Assert.False(InviteLink.TryParse(link + "A", out _));
        Assert.False(InviteLink.TryParse(link + "=", out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("vpn example")]
    [InlineData("2001:db8::1")]
    [InlineData("[10.0.0.1]")]
    [InlineData("a/b")]
    public void What_is_no_host_is_refused(string host) =>
        Assert.Throws<ArgumentException>(() => new InviteLink(host, 51820, new byte[16], new byte[16], s_expires));

    [Fact]
    public void Its_text_for_logs_has_no_secret()
    {
        using var link = new InviteLink("vpn.example.org", 51820, Hex.Pattern(16, 1), Hex.Pattern(16, 99), s_expires);
        Assert.Equal("wg-enroll://vpn.example.org:51820/(hidden)", link.ToString());
    }

    [Fact]
    public void A_server_has_256_invitations_at_most_and_those_that_expired_make_room()
    {
        using var world = new EnrollmentWorld();
        for (var i = 0; i < EnrollmentRegistry.MaxInvites; i++)
            world.MakeInvite("a", 1, null, TimeSpan.FromHours(1), 1, out _);
        Assert.Throws<InvalidOperationException>(() => world.MakeInvite("a", 1, null, TimeSpan.FromHours(1), 1, out _));
        world.Advance(TimeSpan.FromHours(1));
        world.MakeInvite("a", 1, null, TimeSpan.FromHours(1), 1, out _);
        Assert.Single(world.Registry.State.Invites);
    }

    [Fact]
    public void With_many_invitations_each_link_finds_its_own()
    {
        using var world = new EnrollmentWorld();
        var links = Enumerable.Range(0, 20).Select(i =>
        {
            world.MakeInvite("a", 1, $"peer-{i}", TimeSpan.FromHours(1), 1, out var link);
            return link;
        }).ToList();
        var client = world.ClientByLink(links[13]);
        world.Run(client);
        Assert.Equal("peer-13", client.Result!.Grant.Name);
    }
}
