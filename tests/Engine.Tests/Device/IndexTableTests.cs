using System.Numerics;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

public sealed class IndexTableTests
{
    private const int Samples = 20_000;

    private readonly IndexTable _table = new();
    private readonly Peer _peer;

    public IndexTableTests() => _peer = new Peer(new PublicKey(new byte[32]), _table, Random.Shared);

    [Fact]
    public void Indices_tell_nothing_about_each_other()
    {
        var indices = new uint[Samples];
        for (var i = 0; i < Samples; i++)
        {
            indices[i] = _table.AddHandshake(_peer);
            _table.Remove(indices[i]);
        }

        // Half of the bits set, at each place and in each step from one to the next; eight standard deviations of room.
        var room = 8 * Math.Sqrt(Samples) / 2;
        for (var bit = 0; bit < 32; bit++)
        {
            Assert.InRange(indices.Count(i => (i >> bit & 1) != 0), (Samples / 2) - room, (Samples / 2) + room);
            Assert.InRange(indices.Zip(indices.Skip(1), (one, next) => one ^ next).Count(i => (i >> bit & 1) != 0), (Samples / 2) - room, (Samples / 2) + room);
        }

        var distance = indices.Zip(indices.Skip(1), (one, next) => BitOperations.PopCount(one ^ next)).Average();
        Assert.InRange(distance, 15.8, 16.2);
        // Of 20,000 out of 2^32, hardly two are equal; a counter or a small range would show.
        Assert.InRange(indices.Distinct().Count(), Samples - 3, Samples);
        Assert.True(indices.Zip(indices.Skip(1), (one, next) => unchecked(next - one)).Distinct().Count() > Samples - 10);
    }

    [Fact]
    public void An_index_in_use_is_not_given_out_again_and_none_is_zero()
    {
        var seen = new HashSet<uint>();
        for (var i = 0; i < Samples; i++)
            Assert.True(seen.Add(_table.AddHandshake(_peer)));
        Assert.DoesNotContain(0U, seen);
        Assert.Equal(Samples, _table.Count);
    }

    [Fact]
    public void A_session_keeps_its_handshakes_index_and_is_no_handshake_any_more()
    {
        var index = _table.AddHandshake(_peer);
        Assert.Same(_peer, _table.FindHandshake(index));
        Assert.Null(_table.FindKeypair(index));
        var keypair = new Keypair(_peer, isInitiator: true, index, 1, 0, new byte[32], new byte[32]);
        _table.Replace(index, keypair);
        Assert.Same(keypair, _table.FindKeypair(index));
        Assert.Null(_table.FindHandshake(index));
        Assert.Same(_peer, _table.FindPeer(index));
        _table.Remove(index);
        Assert.Null(_table.FindPeer(index));
    }

    [Fact]
    public void Whatever_comes_and_goes_each_index_stands_for_its_own()
    {
        var random = new Random(7);
        Dictionary<uint, object> expected = [];
        List<uint> gone = [];
        for (var step = 0; step < Samples; step++)
        {
            // Grows, shrinks and grows again, so that the slots are laid out anew both ways.
            var grows = random.Next(10) < (step / 4000 % 2 == 0 ? 7 : 3);
            if (grows || expected.Count == 0)
            {
                var peer = new Peer(new PublicKey(new byte[32]), _table, random);
                expected.Add(_table.AddHandshake(peer), peer);
                continue;
            }

            var index = expected.Keys.ElementAt(random.Next(Math.Min(expected.Count, 20)));
            if (random.Next(2) == 0)
            {
                var keypair = new Keypair(_peer, isInitiator: false, index, 1, 0, new byte[32], new byte[32]);
                _table.Replace(index, keypair);
                expected[index] = keypair;
            }
            else
            {
                _table.Remove(index);
                expected.Remove(index);
                gone.Add(index);
            }
        }

        Assert.Equal(expected.Count, _table.Count);
        foreach (var (index, value) in expected)
            Assert.Same(value, (object?)_table.FindKeypair(index) ?? _table.FindHandshake(index));
        Assert.All(gone.Except(expected.Keys), index => Assert.Null(_table.FindPeer(index)));
        Assert.All(expected.Keys, index => Assert.True(expected.ContainsKey(index + 1) || _table.FindPeer(index + 1) is null));
    }

    [Fact]
    public async Task Readers_find_what_stays_and_nothing_of_another_while_others_come_and_go()
    {
        var keypairs = Enumerable.Range(0, 64).Select(_ => AddSession()).ToArray();
        uint passing = 0;
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            var random = new Random(8);
            Queue<uint> here = [];
            while (!stop.IsCancellationRequested)
            {
                var session = AddSession().LocalIndex;
                Volatile.Write(ref passing, session);
                here.Enqueue(session);
                while (here.Count > random.Next(1000))
                    _table.Remove(here.Dequeue());
            }
        });
        for (var i = 0; i < 2_000_000; i++)
        {
            var keypair = keypairs[i % keypairs.Length];
            if (!ReferenceEquals(keypair, _table.FindKeypair(keypair.LocalIndex)))
                Assert.Fail("an index that stays stood for something else");
            var index = Volatile.Read(ref passing);
            if (_table.FindKeypair(index) is { } found && found.LocalIndex != index)
                Assert.Fail("an index stood for another session");
        }

        await stop.CancelAsync();
        await churn;

        Keypair AddSession()
        {
            var index = _table.AddHandshake(_peer);
            var keypair = new Keypair(_peer, isInitiator: true, index, 1, 0, new byte[32], new byte[32]);
            _table.Replace(index, keypair);
            return keypair;
        }
    }
}
