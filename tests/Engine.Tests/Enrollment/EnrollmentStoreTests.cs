using System.Net;
using System.Runtime.Versioning;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Enrollment;

/// <summary>What is kept, and what is refused.</summary>
[SupportedOSPlatform("linux")]
public sealed class EnrollmentStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 26, 1, 2, 3, 456, TimeSpan.Zero);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"enrollment-{Guid.NewGuid():N}");

    private string StateFile => Path.Combine(_directory, EnrollmentStore.FileName);

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Everything_comes_back()
    {
        string before;
        using (var store = EnrollmentStore.Open(_directory))
        {
            Fill(store);
            before = Describe(store.State);
        }

        using var again = EnrollmentStore.Open(_directory);
        Assert.Equal(before, Describe(again.State));
        Assert.Contains("10.0.0.3/24", before, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_else_can_look_into_it()
    {
        using (var store = EnrollmentStore.Open(_directory))
            Fill(store);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_directory));
        Assert.All(
            Directory.GetFiles(_directory),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void A_directory_or_file_that_others_can_read_is_refused()
    {
        EnrollmentStore.Open(_directory).Dispose();
        File.SetUnixFileMode(StateFile, File.GetUnixFileMode(StateFile) | UnixFileMode.GroupRead);
        Assert.Contains("open to others", Assert.Throws<StateException>(() => EnrollmentStore.Open(_directory)).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(StateFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory, File.GetUnixFileMode(_directory) | UnixFileMode.OtherExecute);
        Assert.Throws<StateException>(() => EnrollmentStore.Open(_directory));
    }

    [Fact]
    public void A_link_in_the_place_of_the_file_is_refused()
    {
        EnrollmentStore.Open(_directory).Dispose();
        File.Move(StateFile, StateFile + ".old");
        File.CreateSymbolicLink(StateFile, StateFile + ".old");
        Assert.Throws<StateException>(() => EnrollmentStore.Open(_directory));
    }

    [Fact]
    public void Two_at_once_are_refused()
    {
        using var store = EnrollmentStore.Open(_directory);
        Assert.Contains("in use", Assert.Throws<StateException>(() => EnrollmentStore.Open(_directory)).Message, StringComparison.Ordinal);
    }

    // At every length: what was whole is there, what was not is not, and never is anything refused.
    [Fact]
    public void A_file_that_ends_anywhere_in_its_last_record_opens_without_that_record()
    {
        long whole;
        string before;
        using (var store = EnrollmentStore.Open(_directory))
        {
            Fill(store);
            whole = new FileInfo(StateFile).Length;
            before = Describe(store.State);
            store.Append(new PeerSet(Peer(9, "last")));
        }

        var bytes = File.ReadAllBytes(StateFile);
        for (var length = whole; length < bytes.Length; length++)
        {
            foreach (var zeros in new[] { 0, 1, 4096 })
            {
                // Zeros behind a part of a record are no part that anything is read of.
                if (zeros > 0 && length > whole)
                    continue;
                File.WriteAllBytes(StateFile, [.. bytes.AsSpan(0, (int)length), .. new byte[zeros]]);
                using (var store = EnrollmentStore.Open(_directory))
                {
                    Assert.Equal(before, Describe(store.State));
                    store.Append(new PeerSet(Peer(8, "next")));
                }

                using var again = EnrollmentStore.Open(_directory);
                Assert.True(again.State.Peers.ContainsKey(KeyOf(8)));
            }
        }
    }

    [Fact]
    public void A_bit_that_has_turned_anywhere_is_refused_and_the_file_left_alone()
    {
        using (var store = EnrollmentStore.Open(_directory))
            Fill(store);
        var bytes = File.ReadAllBytes(StateFile);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(StateFile, damaged);
            var refused = Assert.Throws<StateDamagedException>(() => EnrollmentStore.Open(_directory));
            Assert.Contains("is damaged", refused.Message, StringComparison.Ordinal);
            Assert.Contains("left as it is", refused.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(StateFile));
        }
    }

    [Fact]
    public void Records_that_were_moved_or_left_out_are_refused()
    {
        var ends = new List<int>();
        using (var store = EnrollmentStore.Open(_directory))
        {
            for (var i = 0; i < 3; i++)
            {
                ends.Add((int)new FileInfo(StateFile).Length);
                store.Append(new PeerSet(Peer(i, "same")));
            }
        }

        var bytes = File.ReadAllBytes(StateFile);
        File.WriteAllBytes(StateFile, [.. bytes.AsSpan(0, ends[0]), .. bytes.AsSpan(ends[1])]);
        Assert.Throws<StateDamagedException>(() => EnrollmentStore.Open(_directory));
        File.WriteAllBytes(StateFile, [.. bytes.AsSpan(0, ends[0]), .. bytes.AsSpan(ends[1], ends[2] - ends[1]), .. bytes.AsSpan(ends[0], ends[1] - ends[0]), .. bytes.AsSpan(ends[2])]);
        Assert.Throws<StateDamagedException>(() => EnrollmentStore.Open(_directory));
    }

    [Fact]
    public void A_damaged_file_goes_aside_only_when_a_person_says_so_and_over_nothing()
    {
        EnrollmentStore.Open(_directory).Dispose();
        File.WriteAllText(StateFile, "damaged");
        Assert.Throws<StateDamagedException>(() => EnrollmentStore.Open(_directory));
        Assert.Equal(StateFile + ".aside-1", EnrollmentStore.SetAside(_directory));
        EnrollmentStore.Open(_directory).Dispose();
        Assert.Equal(StateFile + ".aside-2", EnrollmentStore.SetAside(_directory));
        Assert.Equal("damaged", File.ReadAllText(StateFile + ".aside-1"));
    }

    [Fact]
    public void What_could_not_be_written_did_not_happen()
    {
        using var store = EnrollmentStore.Open(_directory);
        Fill(store);
        var (before, length) = (Describe(store.State), new FileInfo(StateFile).Length);
        var tooMuch = Enumerable.Range(0, 10_000).Select(i => (StateChange)new PeerSet(Peer(i, new string('x', 63)))).ToArray();
        Assert.Throws<IOException>(() => store.Append(tooMuch));
        Assert.Equal(before, Describe(store.State));
        Assert.Equal(length, new FileInfo(StateFile).Length);
    }

    [Fact]
    public void The_file_does_not_grow_for_ever()
    {
        using (var store = EnrollmentStore.Open(_directory, minRecords: 40))
        {
            for (var i = 0; i < 200; i++)
            {
                store.Append(new PeerSet(Peer(i % 5, $"turn {i}")));
                Assert.InRange(store.Records, 2, 40);
            }

            Assert.Equal("turn 199", store.State.Peers[KeyOf(4)].Name);
        }

        using var again = EnrollmentStore.Open(_directory);
        Assert.Equal(5, again.State.Peers.Count);
        Assert.Equal("turn 199", again.State.Peers[KeyOf(4)].Name);
        Assert.False(File.Exists(StateFile + ".new"));
    }

    [Fact]
    public void What_an_attempt_to_replace_it_left_behind_is_not_read()
    {
        using (var store = EnrollmentStore.Open(_directory))
            Fill(store);
        File.WriteAllText(StateFile + ".new", "half");
        using var again = EnrollmentStore.Open(_directory);
        Assert.Equal(2, again.State.Peers.Count);
    }

    [Fact]
    public void A_restart_closes_the_window_and_keeps_the_peers()
    {
        PublicKey server;
        using (var store = EnrollmentStore.Open(_directory))
        {
            var registry = new EnrollmentRegistry(store, new AddressPool([IPNetwork.Parse("10.0.0.0/24")]));
            using var first = new EnrollmentServer(registry, new ServerSettings(), _ => { });
            first.OpenWindow(new WindowOptions(), new EnrollmentTime(0, s_time)).Dispose();
            registry.Enroll(KeyOf(1), "one", SecretKey.Random(), null, null, s_time);
            server = store.State.Identity.PublicKey;
        }

        using var again = EnrollmentStore.Open(_directory);
        using var second = new EnrollmentServer(new EnrollmentRegistry(again, new AddressPool([IPNetwork.Parse("10.0.0.0/24")])), new ServerSettings(), _ => { });
        Assert.Null(second.Window);
        Assert.Equal(server, again.State.Identity.PublicKey);
        Assert.Equal("one", again.State.Peers[KeyOf(1)].Name);
    }

    [Fact]
    public void A_file_that_cannot_be_written_anew_goes_on_as_it_is()
    {
        using (var store = EnrollmentStore.Open(_directory))
        {
            var next = Directory.CreateDirectory(Path.Combine(_directory, "state.new"));
            store.Append(new PeerSet(Peer(1, "one")));
            store.Replace();
            store.Append(new PeerSet(Peer(2, "two")));
            Assert.Equal(2, store.State.Peers.Count);
            next.Delete();
            store.Replace();
            store.Append(new PeerSet(Peer(3, "three")));
        }

        using var again = EnrollmentStore.Open(_directory);
        Assert.Equal(3, again.State.Peers.Count);
    }

    [Fact]
    public void Ten_thousand_peers_come_back()
    {
        using (var store = EnrollmentStore.Open(_directory))
        {
            for (var block = 0; block < 10; block++)
                store.Append([.. Enumerable.Range(block * 1000, 1000).Select(i => new PeerSet(Peer(i, $"peer {i}")))]);
        }

        using var again = EnrollmentStore.Open(_directory);
        Assert.Equal(10_000, again.State.Peers.Count);
        Assert.Equal("peer 9999", again.State.Peers[KeyOf(9999)].Name);
    }

    internal static PublicKey KeyOf(int number)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        bytes[31] = 1;
        return new PublicKey(bytes);
    }

    internal static EnrolledPeer Peer(int number, string? name) => new(
        KeyOf(number),
        new SecretKey(Hex.Pattern(32, number)),
        name,
        [new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 24), new(IPAddress.Parse("fd00::2"), 64)],
        s_time);

    private static void Fill(EnrollmentStore store)
    {
        store.Append(new InviteMade(7, Hex.Pattern(16, 3), "printer", s_time.AddDays(1), 3), new InviteMade(8, Hex.Pattern(16, 4), null, s_time, 1));
        store.Append(new InviteUsed(7, KeyOf(3)), new PeerSet(Peer(3, "printer") with { InviteId = 7, LeaseEnds = s_time.AddHours(1) }));
        store.Append(new PeerSet(Peer(4, null)), new PeerSet(Peer(5, "gone")));
        store.Append(new PeerRemoved(KeyOf(5)), new InviteRemoved(8));
        store.Append(new AddressReserved(IPAddress.Parse("10.0.0.77"), new(KeyOf(6), null)), new AddressReserved(IPAddress.Parse("fd00::77"), default), new AddressReserved(IPAddress.Parse("fd00::78"), new(null, "höfn")));
        store.Append(new AddressReserved(IPAddress.Parse("10.0.0.78"), default), new AddressUnreserved(IPAddress.Parse("10.0.0.78")));
    }

    private static string Describe(EnrollmentState state)
    {
        var lines = new List<string> { $"server {Hex.Text(state.Identity.PrivateKey.Span)}" };
        lines.AddRange(state.Peers.Values.OrderBy(p => p.Key.ToString()).Select(p =>
            $"peer {p.Key} {p.PresharedKey.ToBase64()} {p.Name} {string.Join(',', p.Addresses)} {p.At:O} {p.LeaseEnds:O} {p.InviteId}"));
        lines.AddRange(state.Invites.Values.OrderBy(i => i.Id).Select(i =>
            $"invite {i.Id} {Hex.Text(i.Secret)} {i.PeerName} {i.Expires:O} {i.MaxUses} {string.Join(',', i.UsedBy)}"));
        lines.AddRange(state.Reservations.OrderBy(r => r.Key.ToString()).Select(r => $"reserved {r.Key} {r.Value.Key} {r.Value.Name}"));
        return string.Join('\n', lines);
    }
}
