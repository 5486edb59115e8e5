using WireGuard.Engine.Noise;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Noise;

public sealed class HandshakeTests : IDisposable
{
    private const long Millisecond = 1_000_000;

    private readonly HandshakeParty _initiator;
    private readonly HandshakeParty _responder;

    public HandshakeTests() => (_initiator, _responder) = HandshakeParty.Pair();

    public void Dispose()
    {
        _initiator.Dispose();
        _responder.Dispose();
    }

    [Fact]
    public void Both_ends_derive_the_same_keys_crossed()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(10, HandshakeParty.Timestamp(1))));
        Assert.True(_initiator.Receive(_responder.CreateResponse(20)));
        AssertSameSession(10, 20);
    }

    [Fact]
    public void Two_handshakes_between_the_same_keys_share_nothing()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        Assert.True(_initiator.Receive(_responder.CreateResponse(2)));
        var first = _initiator.DeriveSession()!;
        Assert.True(_responder.Receive(_initiator.CreateInitiation(3, HandshakeParty.Timestamp(2)), 20 * Millisecond));
        Assert.True(_initiator.Receive(_responder.CreateResponse(4)));
        var second = _initiator.DeriveSession()!;
        Assert.Equal(4, new[] { first.Send, first.Receive, second.Send, second.Receive }.Select(k => Hex.Text(k)).Distinct().Count());
    }

    [Fact]
    public void A_replayed_initiation_is_refused_and_the_next_one_taken()
    {
        var message = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.True(_responder.Receive(message, 0));
        Assert.False(_responder.Receive(message, 1000 * Millisecond));
        Assert.True(_responder.Receive(_initiator.CreateInitiation(2, HandshakeParty.Timestamp(2)), 2000 * Millisecond));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(8)]
    [InlineData(1)]
    public void A_timestamp_equal_to_the_last_or_older_is_refused(byte timestamp)
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(9)), 0));
        Assert.False(_responder.Receive(_initiator.CreateInitiation(2, HandshakeParty.Timestamp(timestamp)), 1000 * Millisecond));
        Assert.Equal(1u, _responder.Handshake.RemoteIndex);
    }

    [Fact]
    public void Timestamps_are_remembered_across_sessions()
    {
        var message = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.True(_responder.Receive(message, 0));
        _ = _responder.CreateResponse(2);
        Assert.NotNull(_responder.DeriveSession());
        _responder.Handshake.Clear();
        Assert.False(_responder.Receive(message, 1000 * Millisecond));
    }

    [Fact]
    public void Timestamps_compare_seconds_before_nanoseconds()
    {
        byte[] earlier = [0x40, 0, 0, 0, 0, 0, 0, 1, 0x3b, 0, 0, 0], later = [0x40, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, later), 0));
        Assert.False(_responder.Receive(_initiator.CreateInitiation(2, earlier), 1000 * Millisecond));
    }

    [Fact]
    public void Initiations_closer_than_20_ms_are_refused()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1)), 0));
        var second = _initiator.CreateInitiation(2, HandshakeParty.Timestamp(2));
        Assert.False(_responder.Receive(second, (20 * Millisecond) - 1));
        Assert.True(_responder.Receive(second, 20 * Millisecond));
    }

    [Fact]
    public void A_refused_initiation_does_not_restart_the_20_ms()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1)), 0));
        var second = _initiator.CreateInitiation(2, HandshakeParty.Timestamp(2));
        Assert.False(_responder.Receive(second, 19 * Millisecond));
        Assert.True(_responder.Receive(second, 21 * Millisecond));
    }

    [Fact]
    public void Preshared_keys_that_differ_agree_on_nothing()
    {
        using var other = new KeptPair(HandshakeParty.Pair(Hex.Pattern(32, 1), Hex.Pattern(32, 2)));
        Assert.True(other.Responder.Receive(other.Initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        Assert.False(other.Initiator.Receive(other.Responder.CreateResponse(2)));
        Assert.Null(other.Initiator.DeriveSession());
    }

    [Fact]
    public void A_preshared_key_set_on_one_side_alone_agrees_on_nothing()
    {
        using var other = new KeptPair(HandshakeParty.Pair(Hex.Pattern(32, 1)));
        Assert.True(other.Responder.Receive(other.Initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        Assert.False(other.Initiator.Receive(other.Responder.CreateResponse(2)));
    }

    [Fact]
    public void A_preshared_key_changed_during_the_handshake_counts_from_the_response_on()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        _initiator.Handshake.SetPresharedKey(Hex.Pattern(32, 3));
        _responder.Handshake.SetPresharedKey(Hex.Pattern(32, 3));
        Assert.True(_initiator.Receive(_responder.CreateResponse(2)));
        AssertSameSession(1, 2);
    }

    [Fact]
    public void An_initiation_to_another_public_key_is_refused()
    {
        using var stranger = new HandshakeParty(HandshakeParty.RandomKey(), _initiator.Identity.PublicKey.Span.ToArray());
        var message = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.False(stranger.Receive(message));
        Assert.False(stranger.ConsumeInitiation(message));
    }

    [Fact]
    public void An_initiation_from_a_key_that_is_no_peer_is_refused()
    {
        using var stranger = new HandshakeParty(HandshakeParty.RandomKey(), _responder.Identity.PublicKey.Span.ToArray());
        Assert.False(_responder.Receive(stranger.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        Assert.Equal(HandshakeState.Zeroed, _responder.Handshake.State);
    }

    // Who knows only the public keys can write a static key into an initiation, but not the timestamp behind it.
    [Fact]
    public void An_initiation_that_claims_a_peers_key_without_its_private_key_is_refused()
    {
        using var forger = new HandshakeParty(HandshakeParty.RandomKey(), _responder.Identity.PublicKey.Span.ToArray());
        var real = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        var forged = forger.CreateInitiation(1, HandshakeParty.Timestamp(2));
        real.AsSpan(MessageFormat.Initiation.Ephemeral, 32 + 48).CopyTo(forged.AsSpan(MessageFormat.Initiation.Ephemeral));
        forger.Cookies.AddMacs(forged, 0);
        Assert.False(_responder.Receive(forged));
        Assert.True(_responder.Receive(real));
    }

    [Fact]
    public void A_response_from_another_static_key_is_refused_and_the_genuine_one_taken()
    {
        var initiation = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.True(_responder.Receive(initiation));
        var genuine = _responder.CreateResponse(2);

        using var other = new KeptPair(HandshakeParty.Pair());
        Assert.True(other.Responder.Receive(other.Initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var forged = other.Responder.CreateResponse(2);
        _responder.Cookies.AddMacs(forged, 0);

        Assert.False(_initiator.Receive(forged));
        Assert.True(_initiator.Receive(genuine));
        AssertSameSession(1, 2);
    }

    [Fact]
    public void A_response_to_another_index_is_refused_and_the_genuine_one_taken()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var response = _responder.CreateResponse(2);
        response[MessageFormat.Response.ReceiverIndex] ^= 3;
        _responder.Cookies.AddMacs(response, 0);
        Assert.False(_initiator.Receive(response));
        response[MessageFormat.Response.ReceiverIndex] ^= 3;
        _responder.Cookies.AddMacs(response, 0);
        Assert.True(_initiator.Receive(response));
    }

    [Fact]
    public void A_second_copy_of_a_response_is_refused()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var response = _responder.CreateResponse(2);
        Assert.True(_initiator.Receive(response));
        Assert.False(_initiator.Receive(response));
        AssertSameSession(1, 2);
        Assert.False(_initiator.Receive(response));
    }

    [Fact]
    public void The_response_to_an_initiation_that_a_newer_one_replaced_is_refused()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var late = _responder.CreateResponse(2);
        _ = _initiator.CreateInitiation(3, HandshakeParty.Timestamp(2));
        Assert.False(_initiator.Receive(late));
    }

    [Fact]
    public void Nothing_is_answered_twice_or_unasked()
    {
        var message = new byte[MessageFormat.ResponseSize];
        Assert.False(_responder.Handshake.CreateResponse(message, 1, EphemeralSource.System));
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        _ = _responder.CreateResponse(2);
        Assert.False(_responder.Handshake.CreateResponse(message, 3, EphemeralSource.System));
        Assert.Equal(2u, _responder.Handshake.LocalIndex);
    }

    [Fact]
    public void No_session_comes_of_half_a_handshake()
    {
        Assert.Null(_initiator.DeriveSession());
        var initiation = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.Null(_initiator.DeriveSession());
        Assert.True(_responder.Receive(initiation));
        Assert.Null(_responder.DeriveSession());
        Assert.True(_initiator.Receive(_responder.CreateResponse(2)));
        AssertSameSession(1, 2);
        Assert.Null(_initiator.DeriveSession());
        Assert.Null(_responder.DeriveSession());
    }

    [Fact]
    public void Without_an_identity_nothing_is_sent_or_taken()
    {
        var initiation = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        _responder.Handshake.SetIdentity(null);
        Assert.False(_responder.Handshake.CanAgree);
        Assert.False(_responder.Receive(initiation));
        Assert.False(_responder.Handshake.CreateInitiation(
            new byte[MessageFormat.InitiationSize], _responder.Identity, 1, HandshakeParty.Timestamp(1), EphemeralSource.System));
        _responder.Handshake.SetIdentity(_responder.Identity);
        Assert.True(_responder.Receive(initiation));
    }

    private void AssertSameSession(uint initiatorIndex, uint responderIndex)
    {
        var ours = _initiator.DeriveSession();
        var theirs = _responder.DeriveSession();
        Assert.NotNull(ours);
        Assert.NotNull(theirs);
        Assert.Equal(Hex.Text(ours.Send), Hex.Text(theirs.Receive));
        Assert.Equal(Hex.Text(ours.Receive), Hex.Text(theirs.Send));
        Assert.NotEqual(Hex.Text(ours.Send), Hex.Text(ours.Receive));
        Assert.Equal((true, initiatorIndex, responderIndex), (ours.IsInitiator, ours.LocalIndex, ours.RemoteIndex));
        Assert.Equal((false, responderIndex, initiatorIndex), (theirs.IsInitiator, theirs.LocalIndex, theirs.RemoteIndex));
    }

    private sealed class KeptPair((HandshakeParty Initiator, HandshakeParty Responder) pair) : IDisposable
    {
        internal HandshakeParty Initiator { get; } = pair.Initiator;

        internal HandshakeParty Responder { get; } = pair.Responder;

        public void Dispose()
        {
            Initiator.Dispose();
            Responder.Dispose();
        }
    }
}
