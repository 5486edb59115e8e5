using WireGuard.Api;
using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

public sealed class EnrollmentReportTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string s_key = Convert.ToBase64String(new byte[31].Append((byte)1).ToArray());

    [Theory]
    [InlineData("493027", "493 027")]
    [InlineData("4930271", "4930 271")]
    [InlineData("49302718", "4930 2718")]
    [InlineData("8a02d4c19e7f5b33", "8a02-d4c1-9e7f-5b33")]
    public void Digits_come_in_groups(string text, string expected) => Assert.Equal(expected, EnrollmentReport.Group(text));

    [Fact]
    public void An_address_that_is_reserved_is_not_said_to_be_free()
    {
        EnrollmentReservationInfo[] reservations = [new() { PeerName = "printer", Addresses = ["10.150.0.77", "fd42::9"] }];
        Assert.Equal("10.150.0.2/24, fd42::2/64 is free.", EnrollmentReport.WhatBecomesOf(["10.150.0.2/24", "fd42::2/64"], reservations));
        Assert.Equal("fd42::2/64 is free; 10.150.0.77/24 is still reserved for 'printer'.", EnrollmentReport.WhatBecomesOf(["10.150.0.77/24", "fd42::2/64"], reservations));
    }

    [Fact]
    public void A_server_is_shown_with_all_that_it_has()
    {
        var peer = new EnrolledPeerInfo { PublicKey = s_key, Name = "laptop", Addresses = ["10.150.0.2/24"], JoinedAt = s_now.AddMinutes(-1), LeaseEnds = s_now.AddHours(1) };
        var status = new EnrollmentStatus
        {
            PublicKey = s_key,
            Fingerprint = "00",
            Endpoint = "vpn.example:51820",
            Window = new EnrollmentWindowInfo { ClosesAt = s_now, RemainingSeconds = 57.2, GuessesLeft = 1, MaxPeers = 2, Approve = true, Joined = [peer] },
            Waiting = [new WaitingPeerInfo { Name = "x", PublicKey = s_key, Fingerprint = "8a02d4c19e7f5b33", Endpoint = "192.0.2.7:1" }],
            Pools = [new EnrollmentPoolInfo { Prefix = "10.150.0.0/24", Server = "10.150.0.1", Taken = 2, Free = 252 }, new EnrollmentPoolInfo { Prefix = "fd42::/64", Server = "fd42::1", Taken = 2, Free = long.MaxValue }],
            Peers = [peer],
            Invites = [new EnrollmentInviteInfo { Id = "00c0ffee12345678", UsesLeft = 1, MaxUses = 1, Expires = s_now.AddDays(1) }],
            Reservations = [new EnrollmentReservationInfo { PeerName = "laptop", Addresses = ["10.150.0.2"], HeldBy = s_key }, new EnrollmentReservationInfo { PublicKey = s_key, Addresses = ["10.150.0.7", "fd42::7"] }],
        };
        using var output = new StringWriter { NewLine = "\n" };
        EnrollmentReport.Write(output, "wg0", status, s_now);
        Assert.Equal(
            $"""
            wg0: 1 peer, a window is open for 58 s, 1 of 2 joined, 1 wrong guess left, each to be approved
              public key: {s_key}
              endpoint: vpn.example:51820
              pool: 10.150.0.0/24, 2 taken, 252 free
              pool: fd42::/64, 2 taken, plenty free
              waiting: 'x' from 192.0.2.7:1, fingerprint 8a02-d4c1-9e7f-5b33
              peer: 'laptop', 10.150.0.2/24, joined 1 minute ago, for 1 hour, {s_key}
              invitation: 00c0ffee12345678, (no name), 1 use left, for 1 day
              reserved: 10.150.0.2 for 'laptop'
              reserved: 10.150.0.7, fd42::7 for {s_key}, not taken yet

            """,
            output.ToString());
    }

    [Fact]
    public void Of_events_those_are_told_that_mean_something_to_who_watches()
    {
        Assert.Equal("a wrong code from 192.0.2.7:1; 1 more guess until the window closes", Line(new EngineEvent { Kind = EnrollmentEvents.WrongGuess, Tunnel = "wg0", Endpoint = "192.0.2.7:1", GuessesLeft = 1 }));
        Assert.StartsWith("'x' waits: wireguard-engine approve wg0 ", Line(new EngineEvent { Kind = EnrollmentEvents.Waiting, Tunnel = "wg0", PeerName = "x", PeerPublicKey = s_key }));
        Assert.Null(Line(new EngineEvent { Kind = EnrollmentEvents.Started, Tunnel = "wg0" }));
        Assert.Null(Line(new EngineEvent { Kind = "handshake", Tunnel = "wg0" }));
    }

    private static string? Line(EngineEvent happened) => EnrollmentReport.Line(happened, "wg0");
}
