using System.Text;
using System.Text.Json;

namespace WireGuard.Fuzz;

/// <summary>Lines of JSON-RPC for the control socket, mostly right.</summary>
internal sealed class ControlText(Random random)
{
    private static readonly string[] s_methods = ["tunnel.get", "engine.status", "peer.add", "peer.add", "peer.set", "peer.set", "peer.remove", "tunnel.stop", "events.subscribe", "no.such", "enrollment.open", "enrollment.status", "enrollment.revokePeer"];
    private static readonly string[] s_ids = ["1", "\"a\"", "null", "-1.5e300", "\"\\u00e9\\n\"", "[]", "{}", "true", "99999999999999999999999999", "\"\\ud800\""];

    private static readonly string[] s_pieces =
    [
        "\n", "\r\n", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\0", "null", "true", "-", "1e999", "\"jsonrpc\":\"2.0\",", "\"id\":2,",
        "\"method\":\"engine.status\",", "\"params\":{},", "\"includeSecrets\":true", "\"publicKey\":\"", "// x\n", "/*", "\uFEFF", "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", " ", "\t",
    ];

    private static readonly string[] s_keys =
        [.. Enumerable.Range(0, 5).Select(i => Convert.ToBase64String(Enumerable.Repeat((byte)(i * 40), 32).ToArray())), "short", "", new string('A', 43) + "!"];

    private static readonly string[] s_endpoints = ["192.0.2.7:1", "[2001:db8::7]:65535", "host.example:51820", "[fe80::1%1]:7", "192.0.2.7:0", "1.2.3.4", ":5", "1.2:5", "[::1]:99999"];
    private static readonly string[] s_prefixes = ["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "fd00::/64", "::/0", "10.0.0.0/33", "-10.0.0.0/8", "x", "", "::ffff:1.2.3.4/128"];

    internal byte[] Next()
    {
        var text = new StringBuilder();
        for (var lines = random.Next(1, 5); lines > 0; lines--)
            text.Append(Line()).Append('\n');
        return TextMutation.ToBytes(random, random.Next(2) == 0 ? text.ToString() : TextMutation.Apply(random, text.ToString(), s_pieces, 5));
    }

    private string Line()
    {
        var members = new List<string> { "\"jsonrpc\":\"2.0\"" };
        if (random.Next(6) > 0)
            members.Add("\"id\":" + s_ids[random.Next(random.Next(3) == 0 ? s_ids.Length : 3)]);
        members.Add("\"method\":\"" + Pick(s_methods) + "\"");
        if (random.Next(5) > 0)
            members.Add("\"params\":" + Params());
        if (random.Next(10) == 0)
            members.Reverse();
        return "{" + string.Join(',', members) + "}";
    }

    private string Params()
    {
        var members = new List<string>();
        if (random.Next(12) > 0)
            members.Add("\"publicKey\":" + Text(Pick(s_keys)));
        for (var more = random.Next(5); more > 0; more--)
        {
            members.Add(random.Next(7) switch
            {
                0 => "\"name\":" + Text(random.Next(4) == 0 ? "a\nb" : random.Next(4) == 0 ? new string('n', 300) : "laptop"),
                1 => "\"presharedKey\":" + Text(Pick(s_keys)),
                2 => "\"endpoint\":" + Text(Pick(s_endpoints)),
                3 => $"\"persistentKeepalive\":{random.Next(-2, 70_000)}",
                4 => "\"appendAllowedIPs\":true",
                5 => $"\"includeSecrets\":{(random.Next(2) == 0 ? "true" : "false")}",
                _ => "\"allowedIPs\":[" + string.Join(',', Enumerable.Range(0, random.Next(5)).Select(_ => Text(Pick(s_prefixes)))) + "]",
            });
        }

        return random.Next(20) == 0 ? "[" + string.Join(',', members.Select(m => m[(m.IndexOf(':') + 1)..])) + "]" : "{" + string.Join(',', members) + "}";
    }

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];
}
