using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

/// <summary>Whatever is done with keys, at the most talkative level no line of the log has a piece of one.</summary>
public sealed class LoggedSecretsTests
{
    // Long enough to be no word, short enough to find a key that was cut.
    private const int Piece = 8;

    [Fact]
    public async Task No_key_is_in_any_line_of_the_log()
    {
        await using var uapi = new UapiDevice();
        await using var control = new ControlFixture();
        using var client = await control.ConnectAsync();
        List<byte[]> secrets = [uapi.A.Key.Span.ToArray(), uapi.B.Key.Span.ToArray()];
        foreach (var bad in new[] { "", "0", "g", "=1", "\nunknown=1" })
        {
            var (privateKey, presharedKey) = (NewSecret(), NewSecret());
            await uapi.SetAsync($"private_key={Hex(privateKey)}{bad}", $"public_key={uapi.PeerB}", $"preshared_key={Hex(presharedKey)}{bad}");
            await uapi.SetAsync($"public_key={uapi.PeerB}", $"preshared_key={Hex(presharedKey)}{bad}");
            await uapi.SetAsync($"{Hex(privateKey)}{bad}", Hex(presharedKey));
            await uapi.SetAsync($"{Hex(privateKey)}=1");
            await uapi.SetAsync($"public_key={uapi.PeerB}", $"{Hex(presharedKey)}=1");
            uapi.Pair.Run(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1));
            await client.SendAsync($"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"peer.add\",\"params\":{{\"publicKey\":\"{Keys.Numbered(8)}\",\"presharedKey\":\"{Convert.ToBase64String(presharedKey)}{bad.Trim()}\"}}}}\n");
            await client.ReadLineAsync();
        }

        // Three refusals and the faults inside, whose words are not the engine's own.
        foreach (var failure in new Exception[] { new DeviceChangeException(DeviceChangeError.InvalidValue, "no"), new FormatException("broken") })
        {
            control.Device.NextFailure = failure;
            await client.SendAsync($"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"peer.add\",\"params\":{{\"publicKey\":\"{Keys.Numbered(9)}\",\"presharedKey\":\"{Convert.ToBase64String(NewSecret())}\"}}}}\n");
            await client.ReadLineAsync();
        }

        string[] lines = [.. uapi.Log.Lines, .. uapi.A.Log.Lines, .. uapi.B.Log.Lines, .. control.Log.Lines];
        Assert.Contains(lines, line => line.Contains("refused", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("broken", StringComparison.Ordinal));
        foreach (var text in secrets.SelectMany(secret => new[] { Hex(secret), Convert.ToHexString(secret), Convert.ToBase64String(secret) }))
            for (var start = 0; start + Piece <= text.Length; start++)
                Assert.DoesNotContain(lines, line => line.Contains(text[start..(start + Piece)], StringComparison.Ordinal));

        byte[] NewSecret()
        {
            var secret = RandomNumberGenerator.GetBytes(SecretKey.Size);
            secrets.Add(secret);
            return secret;
        }
    }

    private static string Hex(byte[] secret) => Convert.ToHexStringLower(secret);
}
