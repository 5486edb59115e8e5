using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>Our engine with wireguard-go at the other end.</summary>
public class WireGuardGoTests
{
    private const int Pings = 200;
    private const int TransferBytes = 4 << 20;

    public static TheoryData<bool, bool, bool, bool> Cases => new MatrixTheoryData();

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [MemberData(nameof(Cases))]
    public void Pings_and_transfers_pass_both_ways(bool engineInitiates, bool overIPv6, bool withPresharedKey, bool plain)
    {
        using var pair = InteropPair.Start(engineInitiates, overIPv6, withPresharedKey ? TestKeys.CreatePresharedKey() : null, plain: plain);
        Traffic.PingBothWays(pair.Initiator, pair.Responder, Pings);
        Traffic.Transfer(pair.Engine, pair.Other, pair.Other.InnerIPv4, TransferBytes);
        Traffic.Transfer(pair.Other, pair.Engine, pair.Engine.InnerIPv6, TransferBytes);
        Assert.NotEqual(0, pair.Engine.LatestHandshake());
        Assert.NotEqual(0, pair.Other.LatestHandshake());
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(true)]
    [InlineData(false)]
    public void Preshared_keys_that_differ_let_nothing_pass(bool engineInitiates)
    {
        using var pair = InteropPair.Start(engineInitiates, overIPv6: false, TestKeys.CreatePresharedKey(), TestKeys.CreatePresharedKey());
        var result = pair.Initiator.Namespace.TryRun("ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "1", $"{pair.Responder.InnerIPv4}");
        Assert.Contains("2 packets transmitted, 0 received", result.Output);
        Assert.Equal(0, pair.Initiator.LatestHandshake());
        // Initiations and nothing else.
        Assert.Equal(0ul, pair.Initiator.Transfer().Sent % 148);
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_ends_and_the_control_socket_count_the_same_bytes(bool engineInitiates)
    {
        using var pair = InteropPair.Start(engineInitiates, overIPv6: false, null);
        Traffic.PingBothWays(pair.Initiator, pair.Responder, 20);
        Eventually.True(() => pair.Engine.Transfer() is var (received, sent) && pair.Other.Transfer() == (sent, received), "both ends count the same bytes");

        // A packet between the readings would make them differ, so that they are read until none came between.
        var (wg, control) = (pair.Engine.Transfer(), ControlClient.GetTunnel(pair.Engine));
        for (var again = pair.Engine.Transfer(); again != wg; again = pair.Engine.Transfer())
            (wg, control) = (again, ControlClient.GetTunnel(pair.Engine));
        var peer = Assert.Single(control.Peers);
        Assert.Equal(wg, (peer.RxBytes, peer.TxBytes));
        Assert.Equal(pair.Engine.LatestHandshake(), peer.LastHandshake?.ToUnixTimeSeconds());
        Assert.Equal(pair.Other.Keys.PublicKey, peer.PublicKey);
        Assert.Equal(pair.Engine.WgShow("endpoints").Single()[1], peer.Endpoint);
        Assert.Equal(pair.Engine.ListenPort, control.ListenPort);
    }

    [InteropFact(InteropRequirement.WireGuardGo)]
    public void The_engine_sends_persistent_keepalives()
    {
        using var pair = InteropPair.Start(engineInitiates: true, overIPv6: false, null);
        pair.EngineTunnel.SetPeer(pair.Other, pair.Other.OuterEndpoint(overIPv6: false), null, keepalive: 1);
        // An initiation of 148 bytes, then 32 bytes a keepalive.
        Eventually.True(() => pair.Other.Transfer().Received >= 148 + (4 * 32), "four keepalives arrive");
        Assert.Equal(0ul, (pair.Other.Transfer().Received - 148) % 32);
    }

    [InteropFact(InteropRequirement.WireGuardGo)]
    public void The_engine_answers_data_with_a_keepalive_when_it_has_nothing_to_say()
    {
        using var pair = InteropPair.Start(engineInitiates: false, overIPv6: false, null);
        Traffic.Ping(pair.Other, pair.Engine.InnerIPv4, 1);
        var before = pair.Engine.Transfer();
        using var deaf = pair.Engine.Namespace.Invoke(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(pair.Engine.InnerIPv4, 0));
            return socket;
        });
        pair.Other.Namespace.Invoke(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SendTo(new byte[100], deaf.LocalEndPoint!);
        });
        Eventually.True(() => pair.Engine.Transfer().Sent > before.Sent, "a keepalive leaves");
        Assert.Equal(before.Sent + 32, pair.Engine.Transfer().Sent);
    }

    private sealed class MatrixTheoryData : TheoryData<bool, bool, bool, bool>
    {
        public MatrixTheoryData()
        {
            for (var bits = 0; bits < 8; bits++)
                Add((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, false);
            for (var bits = 0; bits < 4; bits++)
                Add((bits & 1) != 0, (bits & 2) != 0, false, true);
        }
    }
}
