using System.Text.Json.Nodes;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>The DSC resources with a tunnel that runs: states and differences on standard output, nothing but JSON on either stream.</summary>
public sealed class DscTests : IDisposable
{
    private readonly EnginePair _pair = new();
    private readonly DscProgram _dsc;

    public DscTests() => _dsc = new DscProgram(One);

    private Host One => _pair.One;

    public void Dispose() => _pair.Dispose();

    [InteropFact]
    public void A_tunnel_is_started_changed_and_ended_and_said_so_beforehand()
    {
        var name = One.Interface;
        Assert.Equal([$$"""{"name":"{{name}}","_exist":false}"""], _dsc.Lines("tunnel get", "{}"));

        // What would be, and that nothing is yet.
        var desired = $$"""{"configPath":"{{_pair.ConfigOne}}","listenPort":51900}""";
        var (state, changed) = _dsc.Outcome("tunnel set --what-if", desired);
        Assert.Equal((true, 51900, _pair.ConfigOne), ((bool)state["_exist"]!, (int)state["listenPort"]!, (string)state["configPath"]!));
        Assert.Equal(["_exist"], changed);
        Assert.False((bool)_dsc.Single("tunnel get", "{}")["_exist"]!);

        (state, changed) = _dsc.Outcome("tunnel set", desired);
        Assert.Equal((true, 51900, One.Keys.PublicKey), ((bool)state["_exist"]!, (int)state["listenPort"]!, (string)state["publicKey"]!));
        Assert.Equal(["_exist"], changed);
        Assert.Empty(_dsc.Outcome("tunnel test", desired).Properties);
        Assert.Empty(_dsc.Outcome("tunnel set", desired).Properties);

        (state, changed) = _dsc.Outcome("tunnel test", """{"mtu":1300,"addresses":["10.78.0.1/24"]}""");
        Assert.Equal(["mtu", "addresses"], changed);
        Assert.NotEqual(1300, (int)state["mtu"]!);
        (state, changed) = _dsc.Outcome("tunnel set --what-if", """{"mtu":1300}""");
        Assert.Equal((1300, "mtu"), ((int)state["mtu"]!, Assert.Single(changed)));
        (state, changed) = _dsc.Outcome("tunnel set", """{"mtu":1300,"addresses":["10.78.0.1/24"]}""");
        Assert.Equal((1300, "10.78.0.1/24"), ((int)state["mtu"]!, (string)Assert.Single(state["addresses"]!.AsArray())!));
        Assert.Equal(["mtu", "addresses"], changed);

        // Another key, as DSC hands over what is secure: in no output, and another public key.
        var other = TestKeys.Create();
        (state, changed) = _dsc.Outcome("tunnel set", $$$"""{"privateKey":{"secureString":"{{{other.PrivateKey}}}"}}""");
        Assert.Equal((other.PublicKey, "privateKey"), ((string)state["publicKey"]!, Assert.Single(changed)));
        Assert.Null(state["privateKey"]);

        Assert.Contains(_dsc.Lines("tunnel export", ""), line => (string)JsonNode.Parse(line)!["name"]! == name);
        Assert.Empty(_dsc.Lines("tunnel delete", "{}"));
        Assert.Empty(_dsc.Lines("tunnel delete", "{}"));
        Assert.False((bool)_dsc.Single("tunnel get", "{}")["_exist"]!);
        Assert.Empty(One.Leftovers());
    }

    [InteropFact]
    public void A_peer_is_added_changed_and_removed_and_said_so_beforehand()
    {
        _pair.Up(One);
        var key = TestKeys.Create();
        var peer = $"\"publicKey\":\"{key.PublicKey}\"";
        var desired = $$"""{{{peer}},"name":"laptop","endpoint":"192.0.2.7:51820","allowedIPs":["10.99.0.0/24"],"persistentKeepalive":25}""";

        var (state, changed) = _dsc.Outcome("peer set --what-if", desired);
        Assert.Equal((true, "laptop"), ((bool)state["_exist"]!, (string)state["name"]!));
        Assert.False((bool)_dsc.Single("peer get", $"{{{peer}}}")["_exist"]!);

        (state, changed) = _dsc.Outcome("peer set", desired);
        Assert.Equal((true, "laptop", "192.0.2.7:51820", 25), ((bool)state["_exist"]!, (string)state["name"]!, (string)state["endpoint"]!, (int)state["persistentKeepalive"]!));
        Assert.Equal(["_exist"], changed);
        Assert.Empty(_dsc.Outcome("peer test", desired).Properties);

        var shared = TestKeys.Create().PrivateKey;
        var secret = $"{{{peer},\"presharedKey\":\"{shared}\",\"allowedIPs\":[\"10.99.0.0/24\",\"10.98.0.0/24\"]}}";
        Assert.Equal(["presharedKey", "allowedIPs"], _dsc.Outcome("peer test", secret).Properties);
        (state, changed) = _dsc.Outcome("peer set", secret);
        Assert.Equal(["presharedKey", "allowedIPs"], changed);
        Assert.Equal(2, state["allowedIPs"]!.AsArray().Count);
        Assert.Empty(_dsc.Outcome("peer test", secret).Properties);

        Assert.Equal(2, _dsc.Lines("peer export", "").Count(line => (string)JsonNode.Parse(line)!["tunnel"]! == One.Interface));
        Assert.Empty(_dsc.Lines("peer delete", $"{{{peer}}}"));
        Assert.False((bool)_dsc.Single("peer get", $"{{{peer}}}")["_exist"]!);
        One.Engine("down", One.Interface);
    }

    [InteropFact]
    public void What_goes_wrong_is_a_line_of_JSON_on_standard_error()
    {
        using var files = new PrivateDirectory();
        var bad = Path.GetDirectoryName(files.Write(One.Interface + ".conf", "[Interface]\nColour = blue\n"))!;
        foreach (var (arguments, input, exitCode) in new[]
        {
            ("tunnel get", """{"name":"not a name"}""", 2),
            ("tunnel get", "nonsense", 2),
            ("tunnel set", """{"name":"NAME","configPath":"/nowhere/NAME.conf"}""", 4),
            ("tunnel set --what-if", """{"name":"NAME","configPath":"/nowhere/NAME.conf"}""", 4),
            ("tunnel set", """{"name":"NAME","configPath":"/nowhere/other.conf"}""", 2),
            ("tunnel set --what-if", """{"name":"NAME","configPath":"/nowhere/other.conf"}""", 2),
            ("tunnel set", """{"name":"NAME","configPath":"BAD/NAME.conf"}""", 8),
            ("tunnel set --what-if", """{"name":"NAME","configPath":"BAD/NAME.conf"}""", 8),
            ("tunnel set", $$"""{"name":"NAME","configPath":"{{_pair.ConfigOne}}","mtu":12}""", 2),
            ("tunnel set --what-if", $$"""{"name":"NAME","configPath":"{{_pair.ConfigOne}}","mtu":12}""", 2),
            ("tunnel test", """{"name":"NAME","listenPort":65536}""", 2),
            ("tunnel test", """{"name":"NAME","addresses":["10.0.0.1/33"]}""", 2),
            ("peer set --what-if", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}"}""", 4),
            ("peer test", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}","allowedIPs":["10.0.0.0/33"]}""", 2),
            ("peer test", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}","endpoint":"nowhere"}""", 2),
            ("peer test", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}","persistentKeepalive":65536}""", 2),
            ("peer test", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}","name":"{{new string('x', 500)}}"}""", 2),
            ("peer get", """{"tunnel":"NAME","publicKey":"short"}""", 2),
            ("peer set", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}"}""", 4),
        })
        {
            var result = _dsc.Run(arguments, input.Replace("BAD", bad, StringComparison.Ordinal));
            Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
            Assert.All(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.NotEmpty((string)JsonNode.Parse(line)!["error"]!));
            Assert.NotEmpty(result.Error);
        }
    }
}
