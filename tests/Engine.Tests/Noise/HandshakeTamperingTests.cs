using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Noise;

/// <summary>Each bit of each message, flipped once; the genuine message must then still be taken.</summary>
public sealed class HandshakeTamperingTests : IDisposable
{
    private readonly HandshakeParty _initiator;
    private readonly HandshakeParty _responder;

    public HandshakeTamperingTests() => (_initiator, _responder) = HandshakeParty.Pair();

    public void Dispose()
    {
        _initiator.Dispose();
        _responder.Dispose();
    }

    [Fact]
    public void An_initiation_with_a_bit_flipped_is_refused()
    {
        var message = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        // Mac2 is looked at under load only.
        foreach (var bit in Bits(0, MessageFormat.Initiation.Mac1 + MessageFormat.MacSize))
            AssertRefused(_responder, message, bit);
        Assert.True(_responder.Receive(message));
        FinishHandshake();
    }

    // Anyone who knows the receiver's public key can make mac1 fit.
    [Fact]
    public void An_initiation_with_a_bit_flipped_and_mac1_made_to_fit_is_refused()
    {
        var message = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        foreach (var bit in Bits(MessageFormat.Initiation.Ephemeral, MessageFormat.Initiation.Mac1))
        {
            var forged = Flipped(message, bit);
            _initiator.Cookies.AddMacs(forged, 0);
            Assert.True(_responder.Checker.IsMac1Valid(forged));
            Assert.False(_responder.Receive(forged), $"bit {bit}");
            Assert.Equal(HandshakeState.Zeroed, _responder.Handshake.State);
        }

        Assert.True(_responder.Receive(message));
        FinishHandshake();
    }

    [Fact]
    public void A_forged_initiation_leaves_an_unanswered_one_of_ours_as_it_was()
    {
        var ours = _responder.CreateInitiation(7, HandshakeParty.Timestamp(1));
        var theirs = _initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        foreach (var bit in Bits(MessageFormat.Initiation.EncryptedTimestamp, MessageFormat.Initiation.Mac1))
        {
            var forged = Flipped(theirs, bit);
            _initiator.Cookies.AddMacs(forged, 0);
            Assert.False(_responder.Receive(forged), $"bit {bit}");
        }

        Assert.True(_initiator.Receive(ours));
        Assert.True(_responder.Receive(_initiator.CreateResponse(8)));
        Assert.NotNull(_responder.DeriveSession());
    }

    [Fact]
    public void A_response_with_a_bit_flipped_is_refused()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var message = _responder.CreateResponse(2);
        foreach (var bit in Bits(0, MessageFormat.Response.Mac1 + MessageFormat.MacSize))
            AssertRefused(_initiator, message, bit);
        AssertSessionOf(message);
    }

    [Fact]
    public void A_response_with_a_bit_flipped_and_mac1_made_to_fit_is_refused()
    {
        Assert.True(_responder.Receive(_initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
        var message = _responder.CreateResponse(2);
        foreach (var bit in Bits(MessageFormat.Response.ReceiverIndex, MessageFormat.Response.Mac1))
        {
            var forged = Flipped(message, bit);
            _responder.Cookies.AddMacs(forged, 0);
            Assert.True(_initiator.Checker.IsMac1Valid(forged));
            Assert.False(_initiator.Receive(forged), $"bit {bit}");
        }

        AssertSessionOf(message);
    }

    private static IEnumerable<int> Bits(int fromByte, int toByte) => Enumerable.Range(8 * fromByte, 8 * (toByte - fromByte));

    private static byte[] Flipped(byte[] message, int bit)
    {
        var flipped = (byte[])message.Clone();
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static void AssertRefused(HandshakeParty receiver, byte[] message, int bit) =>
        Assert.False(receiver.Receive(Flipped(message, bit)), $"bit {bit}");

    private void FinishHandshake() => AssertSessionOf(_responder.CreateResponse(2));

    private void AssertSessionOf(byte[] response)
    {
        Assert.True(_initiator.Receive(response));
        var ours = _initiator.DeriveSession();
        var theirs = _responder.DeriveSession();
        Assert.NotNull(ours);
        Assert.NotNull(theirs);
        Assert.Equal(ours.Send, theirs.Receive);
        Assert.Equal(ours.Receive, theirs.Send);
    }
}
