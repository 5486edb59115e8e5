using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using WireGuard.Libraries.Yaml;
using WireGuard.Topologies;

namespace WireGuard.Tests.Topology;

/// <summary>Holds docs/topology.schema.json, which editors read, against the reader.</summary>
public sealed class SchemaTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "topology.schema.json"));

    private static readonly JsonSchema Schema = JsonSchema.FromText(Text);

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Path.Combine(TestPaths.Root, "examples"), "*.yaml").Select(file => Path.GetFileName(file)!)];

    public static TheoryData<string, string[]> Maps => new()
    {
        { "", TopologyGrammar.File },
        { "host", TopologyGrammar.Host },
        { "link", TopologyGrammar.Link },
        { "tunnel", TopologyGrammar.Tunnel },
        { "peer", TopologyGrammar.Peer },
    };

    [Theory]
    [MemberData(nameof(Maps))]
    public void Schema_and_reader_know_the_same_keys(string definition, string[] keys)
    {
        var root = JsonNode.Parse(Text)!;
        var map = definition.Length == 0 ? root : root["$defs"]![definition]!;

        Assert.Equal(keys.Order(StringComparer.Ordinal), map["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.False((bool)map["additionalProperties"]!);
    }

    [Fact]
    public void Schema_and_reader_know_the_same_kinds_of_links() => Assert.Equal(
        TopologyGrammar.LinkKinds.Keys, JsonNode.Parse(Text)!["$defs"]!["link"]!["properties"]!["kind"]!["enum"]!.AsArray().Select(kind => (string)kind!));

    [Theory]
    [MemberData(nameof(Samples))]
    public void Samples_are_faultless_for_both(string sample)
    {
        var text = File.ReadAllText(Path.Combine(TestPaths.Root, "examples", sample));

        Assert.Empty(Topologies.Read(text).Diagnostics);
        Assert.True(IsValid(text));
    }

    [Theory]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, listenPort: 1, mtu: 1280, persistentKeepalive: off}}\nlinks: [{kind: full-mesh, hosts: [a]}]", true)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24}}", false)]
    [InlineData("hosts: {a: {}}\nlinks: []", false)]
    [InlineData("hosts: {a b: {address: 10.0.0.1/24}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, adress: 1}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, listenPort: 65536}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, persistentKeepalive: often}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, endpoint: a.example}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24, publicKey: short}}\nlinks: []", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24}}\nlinks: [{kind: hub-and-spoke}]", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24}}\nlinks: [{kind: full-mesh, hub: a}]", false)]
    [InlineData("hosts: {a: {address: 10.0.0.1/24}}\nlinks: [{kind: ring}]", false)]
    [InlineData("tunnel: {name: wg0}", true)]
    [InlineData("tunnel: {name: wg0}\nhosts: {}", false)]
    [InlineData("tunnel: {name: wg0, peers: {a: {allowedIPs: 10.0.0.0/8}}}", false)]
    public void The_schema_takes_what_is_right_and_nothing_else(string text, bool isRight) => Assert.Equal(isRight, IsValid(text));

    private static bool IsValid(string yaml)
    {
        using var reader = new StringReader(yaml);
        return Schema.Evaluate(ToJson(YamlDocument.Read(reader)!)).IsValid;
    }

    // Numbers as YAML has them: unquoted digits.
    private static JsonNode? ToJson(YamlValue value) => value switch
    {
        YamlMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, ToJson(e.Value)))),
        YamlList list => new JsonArray([.. list.Items.Select(ToJson)]),
        YamlText { IsNull: true } => null,
        YamlText text when int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        YamlText text => JsonValue.Create(text.Text),
        _ => throw new JsonException(),
    };
}
