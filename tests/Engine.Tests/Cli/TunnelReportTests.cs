using WireGuard.Api;
using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

public class TunnelReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly string FirstKey = Convert.ToBase64String([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly string SecondKey = Convert.ToBase64String([.. Enumerable.Repeat((byte)2, 32)]);

    [Fact]
    public void A_tunnel_is_written_as_wg_show_does_and_no_secret_with_it()
    {
        using var secret = SecretKey.RandomPrivateKey();
        var tunnel = new TunnelInfo
        {
            Name = "wg0",
            Backend = "userspace",
            PublicKey = FirstKey,
            PrivateKey = secret.ToBase64(),
            ListenPort = 51820,
            FwMark = 0xCA6C,
            KillSwitch = true,
            Forward = true,
            Masquerade = true,
            ExcludedRoutes = ["192.168.0.0/16", "fd00::/8"],
            IsUp = true,
            Peers =
            [
                new PeerInfo { PublicKey = FirstKey },
                new PeerInfo
                {
                    PublicKey = SecondKey,
                    Name = "laptop",
                    PresharedKey = secret.ToBase64(),
                    HasPresharedKey = true,
                    Endpoint = "192.0.2.1:51820",
                    AllowedIPs = ["10.0.0.2/32", "fd00::/64"],
                    LastHandshake = Now.AddSeconds(-65),
                    RxBytes = 2048,
                    TxBytes = 100,
                    PersistentKeepalive = 25,
                },
            ],
        };

        var output = new StringWriter { NewLine = "\n" };
        TunnelReport.Write(output, tunnel, Now);

        Assert.Equal($"""
            interface: wg0
              public key: {FirstKey}
              private key: (hidden)
              listening port: 51820
              fwmark: 0xca6c
              kill switch: closed
              forwarding: on, masquerading
              excluded routes: 192.168.0.0/16, fd00::/8

            peer: {SecondKey}
              name: laptop
              preshared key: (hidden)
              endpoint: 192.0.2.1:51820
              allowed ips: 10.0.0.2/32, fd00::/64
              latest handshake: 1 minute, 5 seconds ago
              transfer: 2.00 KiB received, 100 B sent
              persistent keepalive: every 25 seconds

            peer: {FirstKey}
              allowed ips: (none)

            """, output.ToString());
        Assert.DoesNotContain(secret.ToBase64(), output.ToString());
    }

    [Fact]
    public void Names_that_turn_a_line_are_shown_and_turn_none()
    {
        const string Name = "lap\u202Epot \u2066\U000E0041";
        const string Shown = @"lap\u{202E}pot \u{2066}\u{E0041}";
        var output = new StringWriter { NewLine = "\n" };
        TunnelReport.Write(output, new TunnelInfo { Name = "wg0", Backend = "userspace", IsUp = true, Peers = [new PeerInfo { PublicKey = FirstKey, Name = Name }] }, Now);
        ChangeReport.Write(output, "wg0",
        [
            new TunnelDifference(TunnelDifference.Changed, "Name") { Peer = FirstKey, PeerName = Name, From = Name, To = "b" },
            new TunnelDifference(TunnelDifference.Added, "Name") { Peer = FirstKey, PeerName = Name, To = Name },
        ], dryRun: false);

        Assert.Contains($"  name: {Shown}\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains($"~ Name {Shown} -> b (peer {Shown})\n+ Name {Shown} (peer {Shown})\n", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', output.ToString());
    }
}
