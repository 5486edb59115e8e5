using System.Net;
using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

public class UapiResponseWriterTests
{
    [Fact]
    public async Task An_empty_device_has_no_lines_but_errno()
    {
        Assert.Equal("errno=0\n\n", await WriteAsync(Device(0, 0, null)));
    }

    [Fact]
    public async Task Keys_come_in_the_reference_order_and_exact_form()
    {
        using var privateKey = new SecretKey(Enumerable.Range(0, 32).Select(i => (byte)(8 * i)).ToArray());
        using var presharedKey = new SecretKey(Enumerable.Repeat((byte)0xAF, 32).ToArray());
        var first = new PeerSnapshot
        {
            PublicKey = new PublicKey(Enumerable.Repeat((byte)0x1B, 32).ToArray()),
            PresharedKey = presharedKey,
            Endpoint = IPEndPoint.Parse("[fe80::abcd%3]:51820"),
            AllowedIPs = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("0.0.0.0/0")],
            LastHandshake = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000).AddTicks(1_234_567),
            RxBytes = ulong.MaxValue,
            TxBytes = 5,
            PersistentKeepalive = 65535,
        };
        var second = new PeerSnapshot
        {
            PublicKey = new PublicKey(Enumerable.Repeat((byte)0x2C, 32).ToArray()),
            Endpoint = IPEndPoint.Parse("192.0.2.1:1"),
            AllowedIPs = [],
        };

        var expected = $"""
            private_key=0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8
            listen_port=51820
            fwmark=4294967295
            public_key={Repeat("1b")}
            preshared_key={Repeat("af")}
            protocol_version=1
            endpoint=[fe80::abcd%3]:51820
            last_handshake_time_sec=1700000000
            last_handshake_time_nsec=123456700
            tx_bytes=5
            rx_bytes=18446744073709551615
            persistent_keepalive_interval=65535
            allowed_ip=10.0.0.0/8
            allowed_ip=2001:db8::/32
            allowed_ip=0.0.0.0/0
            public_key={Repeat("2c")}
            preshared_key={Repeat("00")}
            protocol_version=1
            endpoint=192.0.2.1:1
            last_handshake_time_sec=0
            last_handshake_time_nsec=0
            tx_bytes=0
            rx_bytes=0
            persistent_keepalive_interval=0
            errno=0


            """.ReplaceLineEndings("\n");
        Assert.Equal(expected, await WriteAsync(Device(51820, uint.MaxValue, privateKey, first, second)));
    }

    [Fact]
    public async Task A_long_answer_goes_in_pieces_and_none_leaves_its_text_in_the_buffer()
    {
        var peer = new PeerSnapshot
        {
            PublicKey = Keys.Numbered(1),
            AllowedIPs = Enumerable.Range(0, 130_560).Select(i => new IPNetwork(new IPAddress([11, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 32)).ToArray(),
        };
        var pieces = new List<ReadOnlyMemory<byte>>();
        var lines = 0;
        using (var writer = new UapiResponseWriter(piece =>
        {
            pieces.Add(piece);
            lines += Encoding.ASCII.GetString(piece.Span).Split('\n').Count(line => line.StartsWith("allowed_ip=11.", StringComparison.Ordinal));
            return ValueTask.CompletedTask;
        }))
            await writer.WriteDeviceAsync(Device(0, 0, null, peer), withKeys: true);

        Assert.True(pieces.Count > 10);
        Assert.Equal(130_560, lines);
        Assert.All(pieces, piece => Assert.Equal(-1, piece.Span.IndexOfAnyExcept((byte)0)));
    }

    private static string Repeat(string digits) => string.Concat(Enumerable.Repeat(digits, 32));

    private static DeviceSnapshot Device(ushort port, uint mark, SecretKey? key, params PeerSnapshot[] peers) => new()
    {
        Name = "wg0",
        PrivateKey = key,
        ListenPort = port,
        FwMark = mark,
        Mtu = 1420,
        IsUp = true,
        RxBytes = 0,
        TxBytes = 0,
        Peers = peers,
    };

    private static async Task<string> WriteAsync(DeviceSnapshot device)
    {
        var text = new StringBuilder();
        using var writer = new UapiResponseWriter(piece =>
        {
            text.Append(Encoding.ASCII.GetString(piece.Span));
            return ValueTask.CompletedTask;
        });
        await writer.WriteDeviceAsync(device, withKeys: true);
        return text.ToString();
    }
}
