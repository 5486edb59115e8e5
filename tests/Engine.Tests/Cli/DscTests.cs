using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using WireGuard.Api;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Cli.Dsc;
using WireGuard.Tests.Structure;

namespace WireGuard.Tests.Cli;

/// <summary>What DSC may count on, without a tunnel; tests/Netns has those with one.</summary>
public sealed class DscTests
{
    private const string Key = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    private const string PublicKeyOfKey = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    public static TheoryData<string, string> Resources => new() { { "tunnel", "WireGuard/Tunnel" }, { "peer", "WireGuard/Peer" } };

    [Theory]
    [InlineData("{'name':'wg0'}", "")]
    [InlineData("{'name':'wg0','_exist':true}", "")]
    [InlineData("{'name':'wg0','_exist':false}", "_exist")]
    [InlineData("{'name':'wg0','configPath':'/etc/wireguard/wg0.conf','listenPort':51820,'fwMark':0,'mtu':1420,'addresses':['fd00::1/64','10.0.0.1/24']}", "")]
    [InlineData("{'name':'wg0','configPath':'/etc/wireguard/../wireguard/wg0.conf','addresses':['FD00:0::1/64','10.0.0.1/24']}", "")]
    [InlineData("{'name':'wg0','configPath':'/x/wg0.conf','listenPort':1,'fwMark':2,'mtu':1280,'addresses':['10.0.0.1/25','fd00::1/64']}", "configPath listenPort fwMark mtu addresses")]
    [InlineData("{'name':'wg0','addresses':[]}", "addresses")]
    [InlineData("{'name':'wg0','privateKey':'" + Key + "'}", "")]
    [InlineData("{'name':'wg0','privateKey':{'secureString':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA='}}", "privateKey")]
    public void A_tunnel_differs_in_what_is_desired_and_otherwise(string desired, string properties)
    {
        var actual = new DscTunnel
        {
            Name = "wg0",
            Exist = true,
            ConfigPath = "/etc/wireguard/wg0.conf",
            PublicKey = PublicKeyOfKey,
            ListenPort = 51820,
            FwMark = 0,
            Mtu = 1420,
            Addresses = ["10.0.0.1/24", "fd00::1/64"],
        };
        using var wanted = JsonSerializer.Deserialize(desired.Replace('\'', '"'), DscJsonContext.Default.DscTunnel)!;

        Assert.Equal(properties, string.Join(' ', new TunnelResource().Compare(wanted, actual)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(",'_exist':false", "_exist")]
    [InlineData(",'name':'laptop','endpoint':'192.0.2.1:51820','allowedIPs':['fd00::/64','10.0.0.0/24'],'persistentKeepalive':25", "")]
    [InlineData(",'allowedIPs':['10.0.0.7/24','FD00::7/64'],'endpoint':'localhost:1'", "endpoint")]
    [InlineData(",'name':'','endpoint':'192.0.2.1:51821','allowedIPs':[],'persistentKeepalive':0", "name endpoint allowedIPs persistentKeepalive")]
    public void A_peer_differs_in_what_is_desired_and_otherwise(string desired, string properties)
    {
        var actual = new DscPeer
        {
            Tunnel = "wg0",
            PublicKey = PublicKeyOfKey,
            Exist = true,
            Name = "laptop",
            Endpoint = "192.0.2.1:51820",
            AllowedIPs = ["10.0.0.0/24", "fd00::/64"],
            PersistentKeepalive = 25,
        };
        using var wanted = JsonSerializer.Deserialize($"{{'tunnel':'wg0','publicKey':'{PublicKeyOfKey}'{desired}}}".Replace('\'', '"'), DscJsonContext.Default.DscPeer)!;

        Assert.Equal(properties, string.Join(' ', new PeerResource().Compare(wanted, actual)));
    }

    [Theory]
    [InlineData("'short'")]
    [InlineData("{'secureString':'short'}")]
    [InlineData("{'secureObject':'" + Key + "'}")]
    [InlineData("{'secureString':'" + Key + "','more':1}")]
    [InlineData("{}")]
    [InlineData("1")]
    public void What_is_no_key_is_refused(string key) => Assert.Throws<JsonException>(() =>
        JsonSerializer.Deserialize($"{{'name':'wg0','privateKey':{key}}}".Replace('\'', '"'), DscJsonContext.Default.DscTunnel));

    [Fact]
    public void No_state_is_written_with_a_key()
    {
        using var key = SecretKey.RandomPrivateKey();

        Assert.Throws<InvalidOperationException>(() => JsonSerializer.Serialize(new DscTunnel { Name = "wg0", PrivateKey = key }, DscJsonContext.Default.DscTunnel));
        Assert.Throws<InvalidOperationException>(() => JsonSerializer.Serialize(new DscPeer { Tunnel = "wg0", PublicKey = "", PresharedKey = key }, DscJsonContext.Default.DscPeer));
    }

    [Fact]
    public void A_property_that_is_not_known_is_refused() => Assert.Throws<JsonException>(() =>
        JsonSerializer.Deserialize("""{"name":"wg0","colour":"red"}""", DscJsonContext.Default.DscTunnel));

    [Theory]
    [MemberData(nameof(Resources))]
    public void The_manifest_has_the_properties_that_the_resource_has(string resource, string type)
    {
        var manifest = Manifest(resource);
        var schema = manifest["schema"]!["embedded"]!;
        var properties = schema["properties"]!.AsObject();
        var state = resource == "tunnel" ? DscJsonContext.Default.DscTunnel.Properties : DscJsonContext.Default.DscPeer.Properties;

        Assert.Equal(type, (string)manifest["type"]!);
        Assert.Equal(state.Select(p => p.Name).Order(StringComparer.Ordinal), properties.Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal(state.Where(p => p.IsRequired).Select(p => p.Name), schema["required"]!.AsArray().Select(p => (string)p!));
        Assert.False((bool)schema["additionalProperties"]!);
        Assert.Equal(
            state.Where(p => p.PropertyType == typeof(SecretKey)).Select(p => p.Name),
            properties.Where(p => p.Value!["writeOnly"] is { } isWriteOnly && (bool)isWriteOnly).Select(p => p.Key));
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void The_manifest_calls_verbs_that_are_there(string resource, string type)
    {
        var manifest = Manifest(resource);
        foreach (var operation in new[] { "get", "set", "test", "delete", "export" })
        {
            var method = manifest[operation]!;
            Assert.Equal("engine/wireguard-engine", (string)method["executable"]!);
            string[] arguments = [.. method["args"]!.AsArray().Select(a => a is JsonValue ? (string)a! : (string)a!["whatIfArg"]!)];
            Assert.Empty(EngineCommandLine.CreateRoot().Parse(arguments).Errors);
            Assert.Equal(["dsc", resource, operation], arguments[..3]);
            Assert.Equal(operation == "export" ? null : "stdin", (string?)method["input"]);
        }

        Assert.Equal(EngineCommandLine.Version, (string)manifest["version"]!);
        Assert.Equal("stateAndDiff", (string)manifest["set"]!["return"]!);
        Assert.Equal("stateAndDiff", (string)manifest["test"]!["return"]!);
        Assert.Equal(Enum.GetValues<ExitCode>().Select(code => $"{(int)code}"), manifest["exitCodes"]!.AsObject().Select(c => c.Key));
        Assert.StartsWith("WireGuard/", type, StringComparison.Ordinal);
    }

    private static JsonNode Manifest(string resource) =>
        JsonNode.Parse(File.ReadAllText(RepositoryFiles.PathOf($"src/WireGuardPS/Dsc/wireguard-{resource}.dsc.resource.json")))!;
}
