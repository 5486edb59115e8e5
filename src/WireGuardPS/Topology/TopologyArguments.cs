using System.Buffers.Binary;
using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>Makes hosts from arguments, which have no place in a file.</summary>
internal sealed class TopologyArguments(DiagnosticBag diagnostics)
{
    private readonly NetworkParser _networks = new(diagnostics);
    private readonly ValueParser _values = new(diagnostics);

    internal static ConfigValue Value(string name, string text) => new(new ConfigKey(name, ConfigSection.None), default, text.Trim().AsMemory(), default);

    internal TopologyHost Host(string name, IEnumerable<string> addresses, IEnumerable<string> networks, string? endpoint, ushort? listenPort, string? publicKey)
    {
        if (!TunnelName.IsValid(name))
            diagnostics.Error("InvalidName", default, $"{ShownText.Quote(name)} cannot be a host's name, which its tunnel gets. {TunnelName.Rule}");
        var found = string.IsNullOrWhiteSpace(endpoint) ? null : _networks.Endpoint(Value("Endpoint", endpoint));
        return new TopologyHost
        {
            Name = new(name, default),
            Addresses = [.. Items("Address", addresses).Select(_networks.Address).OfType<InterfaceAddress>().Select(a => new Placed<InterfaceAddress>(a, default))],
            Networks = [.. Items("Network", networks).Select(_networks.Prefix).OfType<IPNetwork>().Select(n => new Placed<IPNetwork>(n, default))],
            Endpoint = found,
            ListenPort = listenPort ?? found?.Port,
            PublicKey = !string.IsNullOrWhiteSpace(publicKey) && _values.PublicKey(Value("PublicKey", publicKey)) is { } key ? new(key, default) : null,
        };
    }

    /// <summary>The first addresses of a prefix that no host has, the network's own left out.</summary>
    internal IEnumerable<InterfaceAddress> Free(string subnet, IReadOnlySet<IPAddress> taken)
    {
        if (_networks.Prefix(Value("Subnet", subnet)) is not { } prefix)
            yield break;
        var hostBits = IPText.MaxPrefixLength(prefix.BaseAddress) - prefix.PrefixLength;
        // The last one of an IPv4 network is its broadcast address.
        var end = hostBits >= 31 ? int.MaxValue : (1 << hostBits) - (hostBits > 1 && prefix.BaseAddress.GetAddressBytes().Length == 4 ? 1 : 0);
        for (var number = hostBits > 1 ? 1 : 0; number < end; number++)
        {
            var address = Add(prefix.BaseAddress, number);
            if (!taken.Contains(address))
                yield return new InterfaceAddress(address, prefix.PrefixLength);
        }
    }

    // As files and tables have them, several to a text too.
    private static IEnumerable<ConfigValue> Items(string name, IEnumerable<string> texts) =>
        texts.SelectMany(text => text.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries)).Select(text => Value(name, text));

    private static IPAddress Add(IPAddress address, int number)
    {
        var bytes = address.GetAddressBytes();
        var low = bytes.AsSpan(bytes.Length - sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(low, BinaryPrimitives.ReadUInt32BigEndian(low) + (uint)number);
        return new IPAddress(bytes);
    }
}
