using System.Net;
using WireGuard.Configuration;
using WireGuard.Libraries.Yaml;

namespace WireGuard.Topologies;

/// <summary>Reads `hosts` and `links`; goes on after every error, so that one pass finds them all.</summary>
internal sealed class TopologyReader(DiagnosticBag diagnostics)
{
    private readonly ValueParser _values = new(diagnostics);
    private readonly NetworkParser _networks = new(diagnostics);
    private readonly Dictionary<string, TopologyHost> _hosts = new(StringComparer.OrdinalIgnoreCase);

    // Broken ones too: links that name them are not wrong.
    private readonly Dictionary<string, ConfigPosition> _named = new(StringComparer.OrdinalIgnoreCase);

    internal Topology Read(YamlSection file)
    {
        foreach (var entry in file.Named("hosts", "a map with an entry for each host, its name being the key"))
            ReadHost(entry);
        List<TopologyLink> links = [.. file.Items("links", "a list; each item begins with '- kind:'").Select(ReadLink).OfType<TopologyLink>()];
        return new Topology([.. _hosts.Values], links);
    }

    /// <summary>Fills an interface's section with those keys of a map that it knows.</summary>
    internal static void Fill(InterfaceBuilder builder, YamlSection section, params (string Key, string Expected)[] keys)
    {
        foreach (var (name, expected) in keys)
        {
            var key = ConfigGrammar.Find(name)!;
            var texts = key.Repeats ? section.Texts(name, expected) : section.Text(name, expected) is { } one ? [one] : [];
            foreach (var text in texts)
                builder.Add(text with { Key = key });
        }
    }

    private void ReadHost(YamlEntry entry)
    {
        var (name, place) = (entry.Key.Text, YamlSection.PlaceOf(entry.Key));
        if (_named.TryGetValue(name, out var first))
            diagnostics.Error("DuplicateHost", place, $"There is a host {ShownText.Quote(name)} already, in line {first.Line}.");
        if (!TunnelName.IsValid(name))
            diagnostics.Error("InvalidName", place, $"{ShownText.Quote(name)} cannot be a host's name, which its tunnel gets. {TunnelName.Rule}");
        _named.TryAdd(name, place);
        if (entry.Value is not YamlMap map)
        {
            diagnostics.Error("WrongType", YamlSection.PlaceOf(entry.Value), $"A host is a map: {string.Join(", ", TopologyGrammar.Host)}.");
            return;
        }

        var host = ReadHost(new Placed<string>(name, place), new YamlSection(map, "a host", TopologyGrammar.Host, diagnostics));
        _hosts.TryAdd(name, host);
    }

    private TopologyHost ReadHost(Placed<string> name, YamlSection section)
    {
        using var builder = new InterfaceBuilder(diagnostics, name.Place.Line);
        section.Require("address", "its address in the tunnel, as 10.10.0.1/24");
        Fill(builder, section,
            ("address", "an address, as 10.10.0.1/24, or a list of them"),
            ("listenPort", "a port from 0 to 65535"),
            ("dns", "an address or a search domain, or a list of them"),
            ("mtu", "a number of bytes"));
        var inner = builder.Build();
        var endpoint = section.Text("endpoint", "HOST:PORT") is { } text ? _networks.Endpoint(text) : null;
        return new TopologyHost
        {
            Name = name,
            Addresses = [.. inner.Addresses.Select((address, index) => new Placed<InterfaceAddress>(address, inner.Positions["Address", index]))],
            Networks = [.. Networks(section)],
            Endpoint = endpoint,
            ListenPort = inner.ListenPort ?? endpoint?.Port,
            PublicKey = section.Text("publicKey", "44 characters of base64") is { } key && _values.PublicKey(key) is { } publicKey ? new(publicKey, key.Place) : null,
            PrivateKeyFile = section.Text("privateKeyFile", "a path") is { } file ? new(file.Text.ToString(), file.Place) : null,
            PersistentKeepalive = section.Text("persistentKeepalive", "a number of seconds or off") is { } seconds ? _values.PersistentKeepalive(seconds) : null,
            DnsServers = inner.DnsServers,
            DnsSearchDomains = inner.DnsSearchDomains,
            Mtu = inner.Mtu,
        };
    }

    private IEnumerable<Placed<IPNetwork>> Networks(YamlSection section)
    {
        foreach (var text in section.Texts("networks", "a prefix, as 192.168.10.0/24, or a list of them"))
        {
            if (_networks.Prefix(text) is { } prefix)
                yield return new(prefix, text.Place);
        }
    }

    private TopologyLink? ReadLink(YamlValue item)
    {
        if (item is not YamlMap map)
        {
            diagnostics.Error("WrongType", YamlSection.PlaceOf(item), $"A link is a map: {string.Join(", ", TopologyGrammar.Link)}.");
            return null;
        }

        var section = new YamlSection(map, "a link", TopologyGrammar.Link, diagnostics);
        var kinds = string.Join(", ", TopologyGrammar.LinkKinds.Keys);
        if (!section.Require("kind", kinds) || section.Text("kind", kinds) is not { } kindText)
            return null;
        if (!TopologyGrammar.LinkKinds.TryGetValue(kindText.Text.ToString(), out var kind))
        {
            diagnostics.Error("InvalidValue", kindText.Place, $"kind must be one of {kinds}, not {ShownText.Quote(kindText.Text)}.");
            return null;
        }

        return kind == TopologyLinkKind.HubAndSpoke ? ReadHub(section) : ReadMesh(section, kind);
    }

    private TopologyLink? ReadHub(YamlSection section)
    {
        Refuse(section, "hosts", "a hub-and-spoke has hub and spokes");
        if (!section.Require("hub", "the name of the host that all others are linked with") || section.Text("hub", "the name of a host") is not { } text)
            return null;
        if (Find(text) is not { } hub)
            return null;
        var spokes = section.Has("spokes") ? Find(section, "spokes") : [.. _hosts.Values.Where(host => host != hub)];
        if (spokes.Remove(hub))
            diagnostics.Error("HubAsSpoke", section.KeyPlace("spokes"), $"{hub} is the hub and cannot be one of its own spokes.");
        if (spokes.Count == 0 && !diagnostics.HasErrors)
            diagnostics.Error("TooFewHosts", section.Place, "The hub has no spokes.");
        return new TopologyLink(TopologyLinkKind.HubAndSpoke, hub, spokes, section.Place);
    }

    private TopologyLink ReadMesh(YamlSection section, TopologyLinkKind kind)
    {
        foreach (var key in new[] { "hub", "spokes" })
            Refuse(section, key, "it belongs to hub-and-spoke; this kind has hosts");
        List<TopologyHost> hosts = section.Has("hosts") ? Find(section, "hosts") : [.. _hosts.Values];
        if (hosts.Count < 2 && !diagnostics.HasErrors)
            diagnostics.Error("TooFewHosts", section.Place, "A link joins two hosts or more.");
        return new TopologyLink(kind, null, hosts, section.Place);
    }

    private void Refuse(YamlSection section, string key, string why)
    {
        if (section.Has(key))
            diagnostics.Error("WrongKey", section.KeyPlace(key), $"{key} does not go with this kind of link: {why}.");
    }

    private List<TopologyHost> Find(YamlSection section, string key)
    {
        var found = new List<TopologyHost>();
        foreach (var name in section.Texts(key, "a list of names of hosts"))
        {
            if (Find(name) is not { } host)
                continue;
            if (found.Contains(host))
                diagnostics.Warning("DuplicateName", name.Place, $"{host} is named twice.");
            else
                found.Add(host);
        }

        return found;
    }

    private TopologyHost? Find(ConfigValue name)
    {
        var text = name.Text.ToString();
        if (_hosts.TryGetValue(text, out var host))
            return host;
        if (_named.ContainsKey(text))
            return null;
        var nearest = _named.Keys.FirstOrDefault(known => ConfigGrammar.Distance(text, known) is <= 2 and var distance && distance < text.Length);
        diagnostics.Error("UnknownHost", name.Place, $"There is no host {ShownText.Quote(text)} in hosts" + (nearest is null ? "." : $"; did you mean {nearest}?"));
        return null;
    }
}
