using WireGuard.Configuration;
using WireGuard.Libraries.Yaml;

namespace WireGuard.Topologies;

/// <summary>What a topology file says: hosts and links, or one tunnel.</summary>
/// <param name="Hosts">Null when it describes a tunnel alone, or has errors.</param>
/// <param name="Tunnel">Null when it describes hosts, or has errors.</param>
internal sealed record TopologyFile(Topology? Hosts, LoneTunnel? Tunnel)
{
    private static readonly TopologyFile Nothing = new(null, null);

    /// <summary>Reads a file; all that is wrong with it is in the diagnostics.</summary>
    internal static TopologyFile Read(string path, DiagnosticBag diagnostics)
    {
        using var file = ConfigFile.Read(path, diagnostics);
        return file is null ? Nothing : Parse(file.Text.Span.TrimStart('\uFEFF').ToString(), diagnostics);
    }

    /// <summary>Reads a text.</summary>
    internal static TopologyFile Parse(string text, DiagnosticBag diagnostics)
    {
        YamlValue? value;
        try
        {
            using var reader = new StringReader(text);
            value = YamlDocument.Read(reader);
        }
        catch (YamlSyntaxException e)
        {
            diagnostics.Error("InvalidYaml", new(e.Line, e.Column), e.Message);
            return Nothing;
        }

        if (value is not YamlMap map)
        {
            diagnostics.Error("WrongType", value is null ? default : YamlSection.PlaceOf(value), "A topology file is a map with hosts and links, or with tunnel.");
            return Nothing;
        }

        var section = new YamlSection(map, "the file", TopologyGrammar.File, diagnostics);
        if (section.TryMap("tunnel", "a map", out var tunnel))
        {
            foreach (var key in new[] { "hosts", "links" }.Where(section.Has))
                diagnostics.Error("WrongKey", section.KeyPlace(key), $"A file describes one tunnel or several hosts: {key} does not go with tunnel.");
            return new TopologyFile(null, new TunnelReader(diagnostics).Read(tunnel));
        }

        if (section.Has("tunnel"))
            return Nothing;
        section.Require("hosts", "a map with an entry for each host");
        section.Require("links", "who is linked with whom, a list of kinds: " + string.Join(", ", TopologyGrammar.LinkKinds.Keys));
        var topology = new TopologyReader(diagnostics).Read(section);
        if (!diagnostics.HasErrors)
            TopologyCheck.Run(topology, diagnostics);
        return new TopologyFile(topology, null);
    }
}
