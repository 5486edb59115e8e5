using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Libraries.Yaml;

namespace WireGuard.Topologies;

/// <summary>A tunnel that is described alone: what its configuration file would say, without secrets.</summary>
/// <param name="PresharedKeyFiles">By peer.</param>
internal sealed record LoneTunnel(Placed<string> Name, TunnelConfig Config, Placed<string>? PrivateKeyFile, IReadOnlyDictionary<PublicKey, Placed<string>> PresharedKeyFiles);

/// <summary>Reads `tunnel`, one end of a tunnel in YAML.</summary>
internal sealed class TunnelReader(DiagnosticBag diagnostics)
{
    private readonly Dictionary<PublicKey, Placed<string>> _presharedKeyFiles = [];

    /// <summary>Null where there are errors.</summary>
    internal LoneTunnel? Read(YamlMap map)
    {
        var section = new YamlSection(map, "a tunnel", TopologyGrammar.Tunnel, diagnostics);
        section.Require("name", "that of its interface, as wg0");
        var name = section.Text("name", "a name, as wg0");
        if (name is { } given && !TunnelName.IsValid(given.Text.ToString()))
            diagnostics.Error("InvalidName", given.Place, $"{ShownText.Quote(given.Text)} cannot be a tunnel's name. {TunnelName.Rule}");
        using var builder = new InterfaceBuilder(diagnostics, section.Place.Line);
        TopologyReader.Fill(builder, section,
            ("address", "an address, as 10.0.0.1/24, or a list of them"),
            ("listenPort", "a port from 0 to 65535"),
            ("fwMark", "a number or off"),
            ("dns", "an address or a search domain, or a list of them"),
            ("mtu", "a number of bytes"),
            ("table", "a number, auto or off"));
        var peers = section.Named("peers", "a map with an entry for each peer, its name being the key").Select(ReadPeer).ToList();
        var file = section.Text("privateKeyFile", "a path");
        RefuseTwins(peers);
        if (diagnostics.HasErrors)
            return null;
        var config = new TunnelConfig { Interface = builder.Build(), Peers = [.. peers.Select(peer => peer!)] };
        return new LoneTunnel(
            new(name!.Value.Text.ToString(), name.Value.Place),
            config,
            file is { } path ? new(path.Text.ToString(), path.Place) : null,
            _presharedKeyFiles);
    }

    private PeerSection? ReadPeer(YamlEntry entry)
    {
        if (entry.Value is not YamlMap map)
        {
            diagnostics.Error("WrongType", YamlSection.PlaceOf(entry.Value), $"A peer is a map: {string.Join(", ", TopologyGrammar.Peer)}.");
            return null;
        }

        var section = new YamlSection(map, "a peer", TopologyGrammar.Peer, diagnostics);
        using var builder = new PeerBuilder(diagnostics, entry.Key.Line);
        builder.SetName(entry.Key.Text, YamlSection.PlaceOf(entry.Key));
        section.Require("publicKey", "44 characters of base64");
        foreach (var (name, expected) in new[] { ("publicKey", "44 characters of base64"), ("endpoint", "HOST:PORT"), ("persistentKeepalive", "a number of seconds or off") })
        {
            if (section.Text(name, expected) is { } text)
                builder.Add(text with { Key = ConfigGrammar.Find(name)! });
        }

        foreach (var text in section.Texts("allowedIPs", "a prefix, as 10.0.0.2/32, or a list of them"))
            builder.Add(text with { Key = ConfigGrammar.Find("AllowedIPs")! });
        if (builder.PublicKey is not { } key)
            return null;
        if (section.Text("presharedKeyFile", "a path") is { } file)
            _presharedKeyFiles.TryAdd(key, new(file.Text.ToString(), file.Place));
        return builder.Build();
    }

    private void RefuseTwins(List<PeerSection?> peers)
    {
        var first = new Dictionary<PublicKey, PeerSection>();
        var owners = new Dictionary<System.Net.IPNetwork, PeerSection>();
        foreach (var peer in peers.OfType<PeerSection>())
        {
            if (!first.TryAdd(peer.PublicKey, peer))
                diagnostics.Error("DuplicatePeer", peer.Positions["PublicKey"], $"The peer in line {first[peer.PublicKey].Line} has the same publicKey.");
            for (var index = 0; index < peer.AllowedIPs.Count; index++)
            {
                if (!owners.TryAdd(peer.AllowedIPs[index], peer))
                    diagnostics.Error("SharedAllowedIP", peer.Positions["AllowedIPs", index], $"The peer in line {owners[peer.AllowedIPs[index]].Line} has {peer.AllowedIPs[index]} too; only one can get it.");
            }
        }
    }
}
