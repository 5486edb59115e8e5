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
}
