using System.Text.Json;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>The C2SP Wycheproof vectors: cases where implementations are known to have been wrong.</summary>
public class WycheproofTests
{
    [WycheproofFact]
    public void X25519_vectors()
    {
        var shared = new byte[32];
        var count = 0;
        foreach (var (_, test) in Cases("x25519_test.json"))
        {
            var expected = test.GetProperty("shared").GetString()!;
            var good = X25519.SharedSecret(shared, Bytes(test, "private"), Bytes(test, "public"));
            // Points of low order are "acceptable" there; here they are refused.
            Assert.True(good == (expected.Trim('0').Length > 0), Describe(test));
            Assert.True(expected == Hex.Text(shared), Describe(test));
            count++;
        }

        Assert.True(count > 500);
    }

    [WycheproofFact]
    public void ChaCha20Poly1305_vectors()
    {
        var (composed, handshake) = (0, 0);
        foreach (var (group, test) in Cases("chacha20_poly1305_test.json"))
        {
            if (group.GetProperty("ivSize").GetInt32() != 96)
                continue;
            byte[] key = Bytes(test, "key"), nonce = Bytes(test, "iv"), associatedData = Bytes(test, "aad"), text = Bytes(test, "msg");
            byte[] expected = [.. Bytes(test, "ct"), .. Bytes(test, "tag")];
            var isValid = test.GetProperty("result").GetString() == "valid";
            Assert.True(AeadOracles.ComposedSeal<Vector128Kernel>(key, nonce, associatedData, text).AsSpan().SequenceEqual(expected) == isValid, Describe(test));
            if (Avx2Kernel.IsSupported)
                Assert.True(AeadOracles.ComposedSeal<Avx2Kernel>(key, nonce, associatedData, text).AsSpan().SequenceEqual(expected) == isValid, Describe(test));
            if (Avx512Kernel.IsSupported)
                Assert.True(AeadOracles.ComposedSeal<Avx512Kernel>(key, nonce, associatedData, text).AsSpan().SequenceEqual(expected) == isValid, Describe(test));
            composed++;

            if (BitConverter.ToUInt32(nonce) != 0)
                continue;
            var counter = BitConverter.ToUInt64(nonce, 4);
            var opened = new byte[text.Length];
            Assert.True(HandshakeAead.Open(opened, key, counter, expected, associatedData) == isValid, Describe(test));
            Assert.True(!isValid || opened.AsSpan().SequenceEqual(text), Describe(test));
            handshake++;
        }

        Assert.True(composed > 200 && handshake > 5);
    }

    [WycheproofFact]
    public void XChaCha20Poly1305_vectors()
    {
        var count = 0;
        foreach (var (group, test) in Cases("xchacha20_poly1305_test.json"))
        {
            byte[] key = Bytes(test, "key"), nonce = Bytes(test, "iv"), associatedData = Bytes(test, "aad"), text = Bytes(test, "msg");
            byte[] sealedText = [.. Bytes(test, "ct"), .. Bytes(test, "tag")];
            var opened = new byte[text.Length];
            if (group.GetProperty("ivSize").GetInt32() != 192)
            {
                Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.Open(opened, key, nonce, sealedText, associatedData));
                continue;
            }

            var isValid = test.GetProperty("result").GetString() == "valid";
            Assert.True(XChaCha20Poly1305.Open(opened, key, nonce, sealedText, associatedData) == isValid, Describe(test));
            if (!isValid)
                continue;
            Assert.True(opened.AsSpan().SequenceEqual(text), Describe(test));
            var again = new byte[sealedText.Length];
            XChaCha20Poly1305.Seal(again, key, nonce, text, associatedData);
            Assert.True(again.AsSpan().SequenceEqual(sealedText), Describe(test));
            count++;
        }

        Assert.True(count > 200);
    }

    private static IEnumerable<(JsonElement Group, JsonElement Test)> Cases(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(WycheproofFactAttribute.Directory!, file)));
        foreach (var group in json.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
                yield return (group, test);
        }
    }

    private static byte[] Bytes(JsonElement test, string name) => Hex.Bytes(test.GetProperty(name).GetString()!);

    private static string Describe(JsonElement test) => $"case {test.GetProperty("tcId")}: {test.GetProperty("comment")}";
}

/// <summary>Runs where WYCHEPROOF_DIR names a folder with the vectors, else tells so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WycheproofFactAttribute : FactAttribute
{
    public WycheproofFactAttribute()
    {
        if (string.IsNullOrEmpty(Directory))
            Skip = "WYCHEPROOF_DIR is not set; it names a folder with the Wycheproof JSON files.";
        else if (!System.IO.Directory.Exists(Directory))
            Skip = "WYCHEPROOF_DIR names a folder that does not exist.";
    }

    internal static string? Directory => Environment.GetEnvironmentVariable("WYCHEPROOF_DIR");
}
