using System.Text;

namespace WireGuard.Fuzz;

/// <summary>Requests of the cross-platform configuration protocol, mostly right.</summary>
internal sealed class UapiText(Random random)
{
    internal const ushort TakenPort = 1234;

    private static readonly string[] s_pieces =
    [
        "\n", "\n\n", "=", "get=1\n\n", "set=1\n", "set=1\n\n", "get=1\n", "get=2\n", "errno=0\n", "true", "false", "-", "0x", "+1", " ", "\r", "\0", "/", "%lo", "/33",
        "public_key=", "private_key=", "preshared_key=", "listen_port=1234\n", "listen_port=0\n", "listen_port=65536\n", "fwmark=4294967296\n", "replace_peers=true\n",
        "allowed_ip=-10.0.0.0/8\n", "allowed_ip=::/0\n", "allowed_ip=1.2/8\n", "endpoint=[fe80::1%1]:5\n", "endpoint=[::ffff:1.2.3.4]:5\n", "remove=true\n",
        "update_only=true\n", "protocol_version=2\n", "00000000000000000000000000000000",
    ];

    private static readonly string[] s_keys = [.. Enumerable.Range(0, 6).Select(i => new string("0123456789abcdef"[i * 2], 64)), new string('0', 64), "01" + new string('0', 62)];
    private static readonly string[] s_addresses = ["10.0.0.0", "10.1.2.3", "0.0.0.0", "255.255.255.255", "fd00::1", "::", "2001:db8::ffff", "::ffff:1.2.3.4"];
    private static readonly string[] s_endpoints = ["192.0.2.7:1", "[2001:db8::7]:65535", "127.0.0.1:51820", "[::1]:9", "[fe80::1%1]:7", "192.0.2.7:0", "host:1", "1.2.3.4", "[1.2.3.4]:5"];

    internal byte[] Next()
    {
        var text = new StringBuilder();
        for (var requests = random.Next(8) == 0 ? random.Next(5) : 1; requests > 0; requests--)
            AddRequest(text);
        return TextMutation.ToBytes(random, random.Next(2) == 0 ? text.ToString() : TextMutation.Apply(random, text.ToString(), s_pieces, 5));
    }

    private void AddRequest(StringBuilder text)
    {
        if (random.Next(10) == 0)
        {
            text.Append("get=1\n\n");
            return;
        }

        text.Append("set=1\n");
        AddDevice(text);
        for (var peers = random.Next(4); peers > 0; peers--)
            AddPeer(text);
        text.Append('\n');
    }

    private void AddDevice(StringBuilder text)
    {
        if (random.Next(8) == 0)
            text.Append("private_key=").Append(Key()).Append('\n');
        if (random.Next(8) == 0)
            text.Append("listen_port=").Append(Number(random.Next(5) == 0 ? TakenPort : random.Next(70_000))).Append('\n');
        if (random.Next(8) == 0)
            text.Append("fwmark=").Append(Number(random.NextInt64(1L << 33))).Append('\n');
        if (random.Next(8) == 0)
            text.Append("replace_peers=true\n");
    }

    private void AddPeer(StringBuilder text)
    {
        text.Append("public_key=").Append(Key()).Append('\n');
        for (var lines = random.Next(7); lines > 0; lines--)
        {
            text.Append(random.Next(9) switch
            {
                0 => "remove=true",
                1 => "update_only=true",
                2 => $"preshared_key={Key()}",
                3 => $"endpoint={Pick(s_endpoints)}",
                4 => $"persistent_keepalive_interval={Number(random.Next(70_000))}",
                5 => "replace_allowed_ips=true",
                6 => "protocol_version=1",
                _ => AllowedIP(),
            }).Append('\n');
        }
    }

    private string AllowedIP()
    {
        var address = Pick(s_addresses);
        return $"allowed_ip={(random.Next(5) == 0 ? "-" : "")}{address}/{Number(random.Next(address.Contains(':') ? 130 : 34))}";
    }

    // At times in a form that is none: a leading zero, a sign, another base.
    private string Number(long value) => random.Next(30) == 0 ? Pick(["0", "+", "-", " ", "0x"]) + value : $"{value}";

    private string Key()
    {
        if (random.Next(4) > 0)
            return Pick(s_keys);
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return random.Next(4) == 0 ? Convert.ToHexString(bytes) : Convert.ToHexStringLower(bytes);
    }

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];
}
