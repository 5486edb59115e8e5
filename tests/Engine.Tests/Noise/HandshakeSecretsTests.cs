using System.Reflection;
using System.Runtime.InteropServices;
using WireGuard.Api;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Noise;

/// <summary>Low-order points, and what is left in memory when a handshake is over.</summary>
public class HandshakeSecretsTests
{
    // The points of small order, in their canonical encodings and those at and above 2^255 - 19.
    public static TheoryData<string> LowOrderPoints =>
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    [Theory]
    [MemberData(nameof(LowOrderPoints))]
    public void A_peer_with_a_low_order_key_gets_no_initiation(string point)
    {
        using var party = new HandshakeParty(HandshakeParty.RandomKey(), Hex.Bytes(point));
        Assert.False(party.Handshake.CanAgree);
        Assert.False(party.Handshake.CreateInitiation(
            new byte[MessageFormat.InitiationSize], party.Identity, 1, HandshakeParty.Timestamp(1), EphemeralSource.System));
        Assert.Equal(HandshakeState.Zeroed, party.Handshake.State);
    }

    [Theory]
    [MemberData(nameof(LowOrderPoints))]
    public void A_low_order_ephemeral_is_refused_in_either_message(string point)
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            var initiation = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            var forged = (byte[])initiation.Clone();
            Hex.Bytes(point).CopyTo(forged, MessageFormat.Initiation.Ephemeral);
            Assert.False(responder.ConsumeInitiation(forged));

            Assert.True(responder.ConsumeInitiation(initiation));
            var response = responder.CreateResponse(2);
            forged = (byte[])response.Clone();
            Hex.Bytes(point).CopyTo(forged, MessageFormat.Response.Ephemeral);
            Assert.False(initiator.Handshake.ConsumeResponse(forged, initiator.Identity));
            Assert.True(initiator.Receive(response));
        }
    }

    [Fact]
    public void Clear_zeroes_the_handshake_and_keeps_the_preshared_key()
    {
        var (initiator, responder) = HandshakeParty.Pair(Hex.Pattern(32, 5), Hex.Pattern(32, 5));
        using (initiator)
        using (responder)
        {
            Assert.True(responder.Receive(initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
            _ = responder.CreateResponse(2);
            foreach (var handshake in new[] { initiator.Handshake, responder.Handshake })
            {
                Assert.NotEqual(new byte[32], Memory(handshake, "_ephemeral"));
                Assert.NotEqual(new byte[64], Transcript(handshake));
                handshake.Clear();
                AssertCleared(handshake);
                Assert.True(handshake.HasPresharedKey);
                Assert.True(handshake.CanAgree);
            }
        }
    }

    [Fact]
    public void A_derived_session_leaves_nothing_of_its_handshake()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            Assert.True(responder.Receive(initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
            Assert.True(initiator.Receive(responder.CreateResponse(2)));
            Assert.NotNull(initiator.DeriveSession());
            Assert.NotNull(responder.DeriveSession());
            AssertCleared(initiator.Handshake);
            AssertCleared(responder.Handshake);
        }
    }

    [Fact]
    public void Dispose_zeroes_the_long_lived_secrets_too()
    {
        var (initiator, responder) = HandshakeParty.Pair(Hex.Pattern(32, 5));
        using (initiator)
        using (responder)
        {
            _ = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            Assert.NotEqual(new byte[32], Memory(initiator.Handshake, "_staticStatic"));
            initiator.Handshake.Dispose();
            AssertCleared(initiator.Handshake);
            Assert.Equal(new byte[32], Memory(initiator.Handshake, "_staticStatic"));
            Assert.Equal(new byte[32], Memory(initiator.Handshake, "_presharedKey"));
            Assert.False(initiator.Handshake.CanAgree);
        }
    }

    [Fact]
    public void The_static_secret_is_computed_when_it_is_needed_and_forgotten_with_the_key()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            Assert.Equal(new byte[32], Memory(initiator.Handshake, "_staticStatic"));
            _ = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            var secret = Memory(initiator.Handshake, "_staticStatic").ToArray();
            Assert.NotEqual(new byte[32], secret);
            using var other = new HandshakeParty(HandshakeParty.RandomKey(), Hex.Pattern(32, 9));
            initiator.Handshake.SetIdentity(other.Identity);
            Assert.Equal(new byte[32], Memory(initiator.Handshake, "_staticStatic"));
            Assert.True(initiator.Handshake.CanAgree);
            Assert.NotEqual(secret, Memory(initiator.Handshake, "_staticStatic"));
        }
    }

    [Fact]
    public void Secrets_lie_where_the_collector_does_not_move_them()
    {
        // An array that can move is born in generation 0; the pinned heap counts as the oldest one.
        var handshake = new Handshake(new PublicKey(Hex.Pattern(32, 9)));
        var secrets = typeof(Handshake).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Select(f => (f.Name, Value: f.GetValue(handshake)!))
            .Where(f => f.Name is not ("_remoteEphemeral" or "_latestTimestamp")).ToList();
        Assert.DoesNotContain(secrets, f => f.Value is SymmetricState);
        var arrays = secrets.Where(f => f.Value is Array).ToList();
        Assert.Equal(4, arrays.Count);
        Assert.All(arrays, f => Assert.True(GC.GetGeneration(f.Value) == GC.MaxGeneration, f.Name));
        Assert.Equal(0, GC.GetGeneration(new byte[32]));
    }

    [Fact]
    public void A_new_initiation_of_the_peers_wipes_our_own_handshake()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            _ = responder.CreateInitiation(7, HandshakeParty.Timestamp(1));
            Assert.NotEqual(new byte[32], Memory(responder.Handshake, "_ephemeral"));
            Assert.True(responder.ConsumeInitiation(initiator.CreateInitiation(1, HandshakeParty.Timestamp(1))));
            Assert.Equal(new byte[32], Memory(responder.Handshake, "_ephemeral"));
            Assert.Equal(0u, responder.Handshake.LocalIndex);
        }
    }

    private static void AssertCleared(Handshake handshake)
    {
        Assert.Equal(HandshakeState.Zeroed, handshake.State);
        Assert.Equal((0u, 0u), (handshake.LocalIndex, handshake.RemoteIndex));
        Assert.Equal(new byte[32], Memory(handshake, "_ephemeral"));
        Assert.Equal(new byte[32], Memory(handshake, "_remoteEphemeral"));
        Assert.Equal(new byte[64], Transcript(handshake));
    }

    private static byte[] Memory(Handshake handshake, string field) => (byte[])Field(handshake, field);

    /// <summary>Chaining key and hash.</summary>
    private static byte[] Transcript(Handshake handshake)
    {
        return MemoryMarshal.AsBytes(((SymmetricState[])Field(handshake, "_pinnedSymmetric")).AsSpan()).ToArray();
    }

    private static object Field(Handshake handshake, string name)
    {
        var field = typeof(Handshake).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
        Assert.NotNull(field);
        return field.GetValue(handshake)!;
    }
}
