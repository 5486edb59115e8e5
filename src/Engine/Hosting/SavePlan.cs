using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// What has to be written otherwise in a file for it to say what runs. Table, hooks and SaveConfig are the file's own, and so
/// is the name of an endpoint: where it leads is found out anew.
/// </summary>
internal sealed class SavePlan
{
    private readonly List<TunnelDifference> _differences = [];

    private SavePlan()
    {
    }

    public IReadOnlyList<ConfigEdit> Interface { get; private set; } = [];

    public IReadOnlyList<PeerEdit> Peers { get; private set; } = [];

    /// <summary>Empty: the file says all of it already.</summary>
    public IReadOnlyList<TunnelDifference> Differences => _differences;

    /// <summary>The file gets a key that it had none of: whoever could read it may not be meant to read that.</summary>
    public bool BringsFirstSecret { get; private set; }

    /// <param name="now">The plan has keys of it.</param>
    public static SavePlan Create(TunnelConfig file, DeviceSnapshot now, HostNetworkSettings host, ConfiguredEndpoints endpoints)
    {
        var plan = new SavePlan();
        plan.Interface = [.. plan.Values(new Section(null, null), InterfaceValues(file.Interface, now, host))];
        var running = now.Peers.ToDictionary(p => p.PublicKey);
        var written = file.Peers.ToDictionary(p => p.PublicKey);
        plan.Peers =
        [
            .. file.Peers.Select(peer => running.TryGetValue(peer.PublicKey, out var there) ? plan.Change(peer, there, endpoints) : plan.Remove(peer)),
            .. now.Peers.Where(peer => !written.ContainsKey(peer.PublicKey)).Select(peer => plan.Add(peer, endpoints)),
        ];
        var hadSecrets = file.Interface.PrivateKey is not null || file.Peers.Any(p => p.PresharedKey is not null);
        plan.BringsFirstSecret = !hadSecrets && plan.Peers.SelectMany(p => p.Edits).Concat(plan.Interface).Any(edit => edit.Secret is not null);
        return plan;
    }

    private static IEnumerable<Value> InterfaceValues(InterfaceSection file, DeviceSnapshot now, HostNetworkSettings host)
    {
        // Clamped or not, it is the same key.
        using var written = file.PrivateKey?.Clone();
        written?.Clamp();
        yield return new Value("PrivateKey", "PrivateKey") { Before = written, After = now.PrivateKey ?? written };
        // The link may be down, and no socket open.
        var port = file.ListenPort is 0 ? null : file.ListenPort;
        yield return Value.Of("ListenPort", port, now.ListenPort == 0 ? port : now.ListenPort);
        yield return Value.Of("FwMark", MarkText(file.FwMark ?? 0), MarkText(host.FwMark));
        yield return Value.List("Address", "Address", file.Addresses, host.Addresses) with { Positions = file.Positions };
        yield return Value.List("DNS", "Dns", Names(file.DnsServers, file.DnsSearchDomains), Names(host.DnsServers, host.DnsSearchDomains), isOrdered: true);
        yield return Value.Of("MTU", file.Mtu, host.Mtu) with { Property = "Mtu" };
    }

    private static IEnumerable<Value> PeerValues(PeerSection? file, PeerSnapshot now, ConfiguredEndpoints endpoints)
    {
        yield return new Value(ConfigEdit.Name, ConfigEdit.Name) { Before = file?.Name, After = now.Name };
        yield return new Value("PresharedKey", "PresharedKey") { Before = file?.PresharedKey, After = now.PresharedKey };
        yield return Value.List("AllowedIPs", "AllowedIP", file?.AllowedIPs ?? [], now.AllowedIPs) with { Positions = file?.Positions };
        yield return Endpoint(file?.Endpoint, now.Endpoint, endpoints.FindName(now.PublicKey));
        yield return Value.Of("PersistentKeepalive", file?.PersistentKeepalive is 0 ? null : file?.PersistentKeepalive, now.PersistentKeepalive is 0 ? null : (ushort?)now.PersistentKeepalive);
    }

    private static Value Endpoint(HostEndpoint? written, IPEndPoint? now, HostEndpoint? name)
    {
        var after = name?.ToString() ?? now?.ToString();
        // Written in whichever way, it is the same address.
        var isSame = name is null && now is not null && written?.Literal is { } literal && literal.Equals(now);
        return Value.Of("Endpoint", written?.ToString(), isSame ? written?.ToString() : after);
    }

    private PeerEdit Change(PeerSection file, PeerSnapshot now, ConfiguredEndpoints endpoints) =>
        new(file.Line, Goes: false, [.. Values(new Section(now.PublicKey, now.Name ?? file.Name), PeerValues(file, now, endpoints))]);

    private PeerEdit Remove(PeerSection file)
    {
        _differences.Add(new TunnelDifference(TunnelDifference.Removed, "Peer") { Peer = file.PublicKey.ToString(), PeerName = file.Name, From = file.PublicKey.ToString() });
        return new PeerEdit(file.Line, Goes: true, []);
    }

    private PeerEdit Add(PeerSnapshot now, ConfiguredEndpoints endpoints)
    {
        var key = now.PublicKey.ToString();
        _differences.Add(new TunnelDifference(TunnelDifference.Added, "Peer") { Peer = key, PeerName = now.Name, To = key });
        var values = Values(new Section(now.PublicKey, now.Name), PeerValues(null, now, endpoints)).ToList();
        // In a section of its own the name stands above it, and the key comes first.
        return new PeerEdit(0, Goes: false, [new ConfigEdit("PublicKey", key), .. values]);
    }

    private IEnumerable<ConfigEdit> Values(Section section, IEnumerable<Value> values)
    {
        foreach (var value in values)
        {
            if (value.IsSame)
                continue;
            _differences.AddRange(value.Differences().Select(d => d with { Peer = section.Peer?.ToString(), PeerName = section.PeerName }));
            yield return value.Edit();
        }
    }

    private static string? MarkText(uint mark) => mark == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}");

    private static string[] Names(IReadOnlyList<IPAddress> servers, IReadOnlyList<string> domains) => [.. servers.Select(s => s.ToString()), .. domains];

    private sealed record Section(PublicKey? Peer, string? PeerName);

    /// <summary>One key as the file has it and as it is: a text, a list of them, or a secret; null: not at all.</summary>
    /// <param name="Property">How differences call it.</param>
    private sealed record Value(string Key, string Property)
    {
        public object? Before { get; init; }

        public object? After { get; init; }

        public bool IsOrdered { get; init; }

        /// <summary>Of a list whose items may stay where they stand, whatever comes and goes.</summary>
        public ConfigPositions? Positions { get; init; }

        public bool IsSame => (Before, After) switch
        {
            (string[] before, string[] after) => IsOrdered ? before.SequenceEqual(after) : before.ToHashSet().SetEquals(after),
            _ => Equals(Before, After),
        };

        public static Value Of<T>(string key, T? before, T? after) => new(key, key) { Before = Text(before), After = Text(after) };

        public static Value List<T>(string key, string property, IReadOnlyList<T> before, IReadOnlyList<T> after, bool isOrdered = false)
            where T : notnull
        {
            string[] written = [.. before.Select(item => item.ToString()!)];
            string[] wanted = [.. after.Select(item => item.ToString()!)];
            // What stays keeps its place.
            return new(key, property) { Before = written, After = isOrdered ? wanted : [.. written.Intersect(wanted), .. wanted.Except(written)], IsOrdered = isOrdered };
        }

        public ConfigEdit Edit() => After switch
        {
            SecretKey secret => new ConfigEdit(Key) { Secret = secret },
            string[] { Length: 0 } => new ConfigEdit(Key),
            string[] items => new ConfigEdit(Key, string.Join(", ", items)) { List = Items(items) },
            var text => new ConfigEdit(Key, (string?)text),
        };

        private ListEdit? Items(string[] after)
        {
            if (Positions is not { } positions || Before is not string[] before)
                return null;
            var stay = new HashSet<ConfigPosition>();
            var wanted = after.ToHashSet();
            for (var index = 0; index < before.Length; index++)
            {
                if (wanted.Contains(before[index]))
                    stay.Add(positions[Key, index]);
            }

            return new ListEdit(stay, [.. after.Except(before)]);
        }

        public IEnumerable<TunnelDifference> Differences()
        {
            if (Before is not string[] before || After is not string[] after)
            {
                yield return new(Before is null ? TunnelDifference.Added : After is null ? TunnelDifference.Removed : TunnelDifference.Changed, Property) { From = Before as string, To = After as string };
                yield break;
            }

            foreach (var item in before.Except(after))
                yield return new(TunnelDifference.Removed, Property) { From = item };
            foreach (var item in after.Except(before))
                yield return new(TunnelDifference.Added, Property) { To = item };
            if (before.ToHashSet().SetEquals(after))
                yield return new(TunnelDifference.Changed, Property) { From = string.Join(", ", before), To = string.Join(", ", after) };
        }

        private static string? Text<T>(T? value) => value is null ? null : string.Create(CultureInfo.InvariantCulture, $"{value}");
    }
}
