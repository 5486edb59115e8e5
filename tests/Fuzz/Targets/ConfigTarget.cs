using System.Text;
using System.Text.RegularExpressions;
using WireGuard.Configuration;
using WireGuard.Tests.Config;
using WireGuard.Tests.Control;

namespace WireGuard.Fuzz;

/// <summary>
/// Configuration files with something wrong in them. There is a configuration or an error, never both; what is accepted
/// can be written and read again; no message breaks a line or repeats a secret.
/// </summary>
internal sealed partial class ConfigTarget : IFuzzTarget
{
    private static readonly string[] s_pieces =
    [
        "[Interface]", "[Peer]", "[Interface]\n", "[Peer]\n", "[", "]", "=", "#", ",", "/", ":", "+", "-", "\n", "\r\n", "\r", "\0", "\uFEFF", "\u2028",
        "# Name = x\n", "AllowedIPs = ", "AllowedIPs = -10.0.0.0/8\n", "Endpoint = [", "Endpoint = a:1\n", "PostUp =", "PrivateKey = ", "PresharedKey = ", "MTU = 0\n",
        "Table = 0x10\n", "SaveConfig = true\n", "0x", "off", "auto", "99999999999", "::", "%eth0", " ", "\t", "DNS = a, 1.2.3.4\n", "ListenPort = 65536\n",
    ];

    private readonly TestFolder _folder = new();

    public string Name => "config";

    public byte[] Make(Random random)
    {
        using var config = new RandomConfig(random.Next()).Next();
        return TextMutation.ToBytes(random, TextMutation.Apply(random, ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets), s_pieces, 6));
    }

    public void Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var result = ConfigParser.Parse(text, "wg0.conf");
        Verify(text, result);
        // What comes as a file passes through a decoder of its own; once in a while is enough.
        if (input.Length % 16 == 0)
            VerifyFile(input, text, result);
        result.Config?.Dispose();
    }

    public void CheckHealth()
    {
        // It keeps nothing.
    }

    public void Dispose() => _folder.Dispose();

    private static void Verify(string text, ConfigResult result)
    {
        Assert.Equal(result.HasErrors, result.Config is null);
        Assert.All(result.Diagnostics, d => Assert.DoesNotContain(d.Message, char.IsControl));
        Assert.All(result.Diagnostics, d => Assert.NotEmpty(d.Id));
        Assert.InRange(result.Diagnostics.Count, 0, 2002);
        foreach (Match secret in Secret().Matches(text))
            Assert.DoesNotContain(result.Diagnostics, d => d.Message.Contains(secret.Groups[1].Value, StringComparison.Ordinal));
        if (result.Config is not { } config)
            return;
        using var again = ConfigParser.Parse(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets)).Config;
        Assert.NotNull(again);
        ConfigEquality.AssertEqual(config, again);
        var stripped = ConfigWriter.Write(config, ConfigWriteOptions.Strip);
        Assert.DoesNotContain("\nPrivateKey =", stripped);
        Assert.DoesNotContain("\nPostUp", stripped);
    }

    private void VerifyFile(byte[] input, string text, ConfigResult expected)
    {
        var path = Path.Combine(_folder.Root, "wg0.conf");
        File.WriteAllBytes(path, input);
        var result = ConfigParser.ParseFile(path);
        Assert.Equal(result.HasErrors, result.Config is null);
        using var config = result.Config;
        var isUtf8 = System.Text.Unicode.Utf8.IsValid(input);
        if (isUtf8 && input.Length > 0)
            Assert.Equal(expected.HasErrors, result.HasErrors);
        else
            Assert.True(result.HasErrors, text);
    }

    [GeneratedRegex(@"^[ \t]*(?:PrivateKey|PresharedKey)[ \t]*=[ \t]*([A-Za-z0-9+/]{42,}=?)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
