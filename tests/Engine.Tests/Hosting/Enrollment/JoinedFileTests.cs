using System.Net;
using System.Runtime.Versioning;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Hosting;

/// <summary>Which file a join writes, and whose it leaves alone.</summary>
[SupportedOSPlatform("linux")]
public sealed class JoinedFileTests : IDisposable
{
    private static readonly HostEndpoint s_server = new("vpn.example", 51820);
    private static readonly HostEndpoint s_other = new("other.example", 51820);
    private static readonly PublicKey s_key = new(Enumerable.Repeat((byte)9, 32).ToArray());

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-joined-");

    [Fact]
    public void The_first_free_name_is_taken_unless_one_is_said()
    {
        Assert.Equal("wg0", Choose().Name);
        File.WriteAllText(PathOf("wg0"), "[Interface]\n");
        Assert.Equal("wg1", Choose().Name);
        Assert.Equal("wg2", Choose(isTaken: name => name == "wg1").Name);
        Assert.Equal("office", Choose("office").Name);
        Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(() => Choose("wg0")).Id);
        Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(() => Choose("office", isTaken: name => name == "office")).Id);
    }

    [Fact]
    public void A_second_join_to_the_same_server_has_file_and_key_of_the_first()
    {
        using var first = Join();
        using var again = Choose();
        Assert.True(again.IsAgain);
        Assert.Equal((first.Path, first.Key), (again.Path, again.Key));
        Assert.Equal("wg1", Choose(server: s_other).Name);
        Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(() => Choose("wg0", s_other)).Id);
    }

    [Fact]
    public void A_join_that_was_cut_short_is_gone_on_with_by_the_same_key()
    {
        using var first = Choose();
        first.KeepKey();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("wg0") + ".joining"));
        using (var second = Choose())
        {
            Assert.False(second.IsAgain);
            Assert.Equal((first.Path, first.Key), (second.Path, second.Key));
            second.KeepKey();
        }

        // Another server's key is its own.
        using var other = Choose(server: s_other);
        Assert.NotEqual((first.Path, first.Key), (other.Path, other.Key));
    }

    [Fact]
    public void What_is_written_is_a_file_for_its_owner_that_says_what_was_granted()
    {
        using var file = Join();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));
        Assert.Equal([file.Path], Directory.GetFiles(_directory.FullName));
        Assert.Equal("# Joined vpn.example:51820", File.ReadLines(file.Path).First());
        using var config = ConfigParser.ParseFile(file.Path).Config!;
        Assert.Equal(file.Key, config.Interface.PrivateKey);
        Assert.Equal("10.150.0.2/24", Assert.Single(config.Interface.Addresses).ToString());
        Assert.Equal((1380, "10.150.0.1"), (config.Interface.Mtu, Assert.Single(config.Interface.DnsServers).ToString()));
        var peer = Assert.Single(config.Peers);
        Assert.Equal(("10.150.0.0/24", s_server, (ushort?)25), (Assert.Single(peer.AllowedIPs).ToString(), peer.Endpoint, peer.PersistentKeepalive));
        Assert.NotNull(peer.PresharedKey);
    }

    [Fact]
    public void A_file_that_has_come_meanwhile_is_not_overwritten()
    {
        using var file = Choose();
        file.KeepKey();
        File.WriteAllText(file.Path, "[Interface]\n");
        Assert.ThrowsAny<IOException>(() => Write(file));
        Assert.Equal("[Interface]\n", File.ReadAllText(file.Path));
        Assert.Equal([file.Path, file.Path + ".joining"], Directory.GetFiles(_directory.FullName).Order());
    }

    [Fact]
    public void What_its_owner_has_added_to_a_joined_file_stays_when_the_server_says_the_same_again()
    {
        using var presharedKey = SecretKey.Random();
        using (Join(presharedKey))
        {
        }

        File.AppendAllText(PathOf("wg0"), "# ours\n[Peer]\nPublicKey = " + new PublicKey(Enumerable.Repeat((byte)8, 32).ToArray()) + "\n");
        File.WriteAllText(PathOf("wg0"), File.ReadAllText(PathOf("wg0")).Replace("[Interface]\n", "[Interface]\nPostUp = true\n", StringComparison.Ordinal));
        var before = File.ReadAllText(PathOf("wg0"));
        using var again = Join(presharedKey);

        Assert.Null(again.Before);
        Assert.Equal(before, File.ReadAllText(PathOf("wg0")));
        Assert.Equal([PathOf("wg0")], Directory.GetFiles(_directory.FullName));
    }

    [Fact]
    public void What_a_joined_file_said_is_kept_beside_it_when_the_server_says_otherwise()
    {
        using (Join())
        {
        }

        File.AppendAllText(PathOf("wg0"), "# ours\n");
        var before = File.ReadAllText(PathOf("wg0"));
        using var again = Join();

        Assert.Equal(PathOf("wg0") + ".before", again.Before);
        Assert.Equal(before, File.ReadAllText(again.Before!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(again.Before!));
        Assert.DoesNotContain("# ours", File.ReadAllText(PathOf("wg0")), StringComparison.Ordinal);
        Assert.Contains(JoinWords.Describe(new GrantPayload(), again, "vpn.example:51820", DateTimeOffset.UnixEpoch), line => line.Contains(again.Before!, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_nobody_has_seen_goes_and_one_of_an_earlier_try_stays()
    {
        using (var first = Choose())
        {
            first.KeepKey();
            first.ForgetKey();
        }

        Assert.Empty(Directory.GetFiles(_directory.FullName));
        using (var second = Choose())
            second.KeepKey();
        using var third = Choose();
        third.KeepKey();
        third.ForgetKey();
        Assert.Equal([PathOf("wg0") + ".joining"], Directory.GetFiles(_directory.FullName));
    }

    [Fact]
    public void Of_two_first_joins_at_once_one_is_told_before_it_asks_anybody()
    {
        using var one = Choose();
        using var other = Choose();
        one.KeepKey();
        var kept = File.ReadAllText(PathOf("wg0") + ".joining");
        Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(other.KeepKey).Id);
        Assert.Equal(kept, File.ReadAllText(PathOf("wg0") + ".joining"));
        using (var elsewhere = Choose("wg0", s_other))
            Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(elsewhere.KeepKey).Id);
        Assert.Equal(kept, File.ReadAllText(PathOf("wg0") + ".joining"));
    }

    [Fact]
    public void What_a_join_to_elsewhere_has_left_that_was_ended_by_force_is_in_nobodys_way()
    {
        using (var mistyped = Choose(server: s_other))
            mistyped.KeepKey();
        var kept = File.ReadAllText(PathOf("wg0") + ".joining");
        using var right = Choose();
        Assert.Equal("wg0", right.Name);
        right.KeepKey();
        Assert.NotEqual(kept, File.ReadAllText(PathOf("wg0") + ".joining"));
        Write(right);
        Assert.Equal([PathOf("wg0")], Directory.GetFiles(_directory.FullName));
    }

    [Fact]
    public void The_same_server_is_the_one_of_the_same_key_whatever_its_address_is()
    {
        using var first = Join();
        // By the fingerprint of an invitation, with a name and without.
        foreach (var name in new[] { null, "wg0" })
        {
            using var invited = JoinedFile.Choose(name, s_other, Credential.Fingerprint(s_key), _directory.FullName, (_, _) => null);
            Assert.Equal((first.Path, first.Key, true), (invited.Path, invited.Key, invited.IsAgain));
        }

        using (var stranger = JoinedFile.Choose(null, s_other, new byte[16], _directory.FullName, (_, _) => null))
            Assert.Equal("wg1", stranger.Name);
        using (var inCapitals = Choose(server: new HostEndpoint("VPN.example", 51820)))
            Assert.Equal(first.Path, inCapitals.Path);
    }

    [Fact]
    public void A_server_that_turns_out_to_be_joined_already_under_another_address_keeps_its_one_file()
    {
        PublicKey before;
        using (var first = Join())
        using (var identity = new StaticIdentity(first.Key))
            before = identity.PublicKey;
        using var again = Choose(server: s_other);
        again.KeepKey();
        Assert.Equal("wg1", again.Name);
        Write(again);

        Assert.Equal(("wg0", before), (again.Name, again.Moved!.Value));
        Assert.Equal([PathOf("wg0"), PathOf("wg0") + ".before"], Directory.GetFiles(_directory.FullName).Order());
        Assert.Equal("# Joined other.example:51820", File.ReadLines(PathOf("wg0")).First());
        Assert.Contains(JoinWords.Describe(new GrantPayload(), again, "x", DateTimeOffset.UnixEpoch), line => line.Contains(before.ToString(), StringComparison.Ordinal));

        // Who says a name means it.
        using var named = Choose("office", s_server);
        named.KeepKey();
        Write(named);
        Assert.Equal(("office", null), (named.Name, named.Moved));
    }

    [Fact]
    public void Another_server_where_one_was_joined_is_told()
    {
        using (Join())
        {
        }

        using var again = Choose();
        Write(again, server: new PublicKey(Enumerable.Repeat((byte)7, 32).ToArray()));
        Assert.Equal(s_key, again.ServerBefore);
        Assert.Contains(JoinWords.Describe(new GrantPayload(), again, "x", DateTimeOffset.UnixEpoch), line => line.Contains("Its key is another", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lease_is_told_with_its_end()
    {
        using var file = Choose();
        var now = new DateTimeOffset(2026, 11, 26, 7, 0, 0, TimeSpan.Zero);
        Assert.Contains(
            JoinWords.Describe(new GrantPayload { LeaseSeconds = 86_400 }, file, "vpn.example:51820", now),
            line => line.Contains("until 2026-11-27 07:00", StringComparison.Ordinal));
        Assert.DoesNotContain(JoinWords.Describe(new GrantPayload(), file, "vpn.example:51820", now), line => line.Contains("until", StringComparison.Ordinal));
    }

    [Fact]
    public void A_joined_file_without_a_key_is_refused_and_left()
    {
        File.WriteAllText(PathOf("wg0"), "# Joined vpn.example:51820\n[Interface]\n");
        Assert.Equal(StartErrorId.ConfigInvalid, Assert.Throws<StartException>(() => Choose()).Id);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_directory.FullName, name + ".conf");

    private JoinedFile Choose(string? name = null, HostEndpoint? server = null, Func<string, bool>? isTaken = null) =>
        JoinedFile.Choose(name, server ?? s_server, null, _directory.FullName, (chosen, file) => file is null && isTaken?.Invoke(chosen) == true ? "It is taken." : null);

    private JoinedFile Join(SecretKey? presharedKey = null)
    {
        var file = Choose();
        file.KeepKey();
        Write(file, presharedKey);
        return file;
    }

    private static void Write(JoinedFile file, SecretKey? chosen = null, PublicKey? server = null)
    {
        var grant = new GrantPayload
        {
            Addresses = [new PrefixedAddress(IPAddress.Parse("10.150.0.2"), 24)],
            AllowedIPs = [new PrefixedAddress(IPAddress.Parse("10.150.0.0"), 24)],
            Dns = [IPAddress.Parse("10.150.0.1")],
            Mtu = 1380,
            Keepalive = 25,
        };
        using var presharedKey = chosen?.Clone() ?? SecretKey.Random();
        file.Write(new JoinResult(server ?? s_key, grant, presharedKey), s_server).Dispose();
    }
}
