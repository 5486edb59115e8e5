using System.Text.Json.Nodes;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>The DSC resources with a tunnel that runs: states and differences on standard output, nothing but JSON on either stream.</summary>
public sealed class DscTests : IDisposable
{
    private readonly EnginePair _pair = new();

    private Host One => _pair.One;

    public void Dispose() => _pair.Dispose();

    [InteropFact]
    public void A_tunnel_is_started_changed_and_ended_and_said_so_beforehand()
    {
        var name = One.Interface;
        Assert.Equal([$$"""{"name":"{{name}}","_exist":false}"""], Dsc("tunnel get", "{}"));

        // What would be, and that nothing is yet.
        var desired = $$"""{"configPath":"{{_pair.ConfigOne}}","listenPort":51900}""";
        var (state, changed) = Outcome("tunnel set --what-if", desired);
        Assert.Equal((true, 51900, _pair.ConfigOne), ((bool)state["_exist"]!, (int)state["listenPort"]!, (string)state["configPath"]!));
        Assert.Equal(["_exist"], changed);
        Assert.False((bool)Single("tunnel get", "{}")["_exist"]!);

        (state, changed) = Outcome("tunnel set", desired);
        Assert.Equal((true, 51900, One.Keys.PublicKey), ((bool)state["_exist"]!, (int)state["listenPort"]!, (string)state["publicKey"]!));
        Assert.Equal(["_exist"], changed);
        Assert.Empty(Outcome("tunnel test", desired).Properties);
        Assert.Empty(Outcome("tunnel set", desired).Properties);

        (state, changed) = Outcome("tunnel test", """{"mtu":1300,"addresses":["10.78.0.1/24"]}""");
        Assert.Equal(["mtu", "addresses"], changed);
        Assert.NotEqual(1300, (int)state["mtu"]!);
        (state, changed) = Outcome("tunnel set --what-if", """{"mtu":1300}""");
        Assert.Equal((1300, "mtu"), ((int)state["mtu"]!, Assert.Single(changed)));
        (state, changed) = Outcome("tunnel set", """{"mtu":1300,"addresses":["10.78.0.1/24"]}""");
        Assert.Equal((1300, "10.78.0.1/24"), ((int)state["mtu"]!, (string)Assert.Single(state["addresses"]!.AsArray())!));
        Assert.Equal(["mtu", "addresses"], changed);

        // Another key, as DSC hands over what is secure: in no output, and another public key.
        var other = TestKeys.Create();
        (state, changed) = Outcome("tunnel set", $$$"""{"privateKey":{"secureString":"{{{other.PrivateKey}}}"}}""");
        Assert.Equal((other.PublicKey, "privateKey"), ((string)state["publicKey"]!, Assert.Single(changed)));
        Assert.Null(state["privateKey"]);

        Assert.Contains(Dsc("tunnel export", ""), line => (string)JsonNode.Parse(line)!["name"]! == name);
        Assert.Empty(Dsc("tunnel delete", "{}"));
        Assert.Empty(Dsc("tunnel delete", "{}"));
        Assert.False((bool)Single("tunnel get", "{}")["_exist"]!);
        Assert.Empty(One.Leftovers());
    }

    [InteropFact]
    public void A_peer_is_added_changed_and_removed_and_said_so_beforehand()
    {
        _pair.Up(One);
        var key = TestKeys.Create();
        var peer = $"\"publicKey\":\"{key.PublicKey}\"";
        var desired = $$"""{{{peer}},"name":"laptop","endpoint":"192.0.2.7:51820","allowedIPs":["10.99.0.0/24"],"persistentKeepalive":25}""";

        var (state, changed) = Outcome("peer set --what-if", desired);
        Assert.Equal((true, "laptop"), ((bool)state["_exist"]!, (string)state["name"]!));
        Assert.False((bool)Single("peer get", $"{{{peer}}}")["_exist"]!);

        (state, changed) = Outcome("peer set", desired);
        Assert.Equal((true, "laptop", "192.0.2.7:51820", 25), ((bool)state["_exist"]!, (string)state["name"]!, (string)state["endpoint"]!, (int)state["persistentKeepalive"]!));
        Assert.Equal(["_exist"], changed);
        Assert.Empty(Outcome("peer test", desired).Properties);

        var shared = TestKeys.Create().PrivateKey;
        var secret = $"{{{peer},\"presharedKey\":\"{shared}\",\"allowedIPs\":[\"10.99.0.0/24\",\"10.98.0.0/24\"]}}";
        Assert.Equal(["presharedKey", "allowedIPs"], Outcome("peer test", secret).Properties);
        (state, changed) = Outcome("peer set", secret);
        Assert.Equal(["presharedKey", "allowedIPs"], changed);
        Assert.Equal(2, state["allowedIPs"]!.AsArray().Count);
        Assert.Empty(Outcome("peer test", secret).Properties);

        Assert.Equal(2, Dsc("peer export", "").Count(line => (string)JsonNode.Parse(line)!["tunnel"]! == One.Interface));
        Assert.Empty(Dsc("peer delete", $"{{{peer}}}"));
        Assert.False((bool)Single("peer get", $"{{{peer}}}")["_exist"]!);
        One.Engine("down", One.Interface);
    }

    [InteropFact]
    public void What_goes_wrong_is_a_line_of_JSON_on_standard_error()
    {
        foreach (var (arguments, input, exitCode) in new[]
        {
            ("tunnel get", """{"name":"not a name"}""", 2),
            ("tunnel get", "nonsense", 2),
            ("tunnel set", """{"name":"NAME","configPath":"/nowhere/NAME.conf"}""", 4),
            ("tunnel set", """{"name":"NAME","configPath":"/nowhere/other.conf"}""", 2),
            ("peer get", """{"tunnel":"NAME","publicKey":"short"}""", 2),
            ("peer set", $$"""{"tunnel":"NAME","publicKey":"{{TestKeys.Create().PublicKey}}"}""", 4),
        })
        {
            var result = Run(arguments, input);
            Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
            Assert.All(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.NotEmpty((string)JsonNode.Parse(line)!["error"]!));
            Assert.NotEmpty(result.Error);
        }
    }

    // The tunnel's name comes into the desired state by itself.
    private string[] Dsc(string arguments, string desired)
    {
        var name = $"\"{(arguments.StartsWith("peer", StringComparison.Ordinal) ? "tunnel" : "name")}\":\"{One.Interface}\"";
        var result = Run(arguments, desired.Length == 0 ? "" : $"{{{name}{(desired == "{}" ? "" : ",")}{desired[1..]}");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(result.Error);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private JsonNode Single(string arguments, string desired) => JsonNode.Parse(Assert.Single(Dsc(arguments, desired)))!;

    private (JsonNode State, string[] Properties) Outcome(string arguments, string desired)
    {
        var lines = Dsc(arguments, desired);
        Assert.Equal(2, lines.Length);
        return (JsonNode.Parse(lines[0])!, [.. JsonNode.Parse(lines[1])!.AsArray().Select(p => (string)p!)]);
    }

    private ProcessResult Run(string arguments, string input) => One.Namespace.TryRun(
        "sh", "-c", "printf %s \"$1\" | \"$2\" dsc $3", "sh", input.Replace("NAME", One.Interface, StringComparison.Ordinal), InteropRequirement.Engine!, arguments);
}
