using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

/// <summary>Makes configurations that use every part of the model, reproducibly from a seed.</summary>
internal sealed class RandomConfig(int seed)
{
    private static readonly string[] Hooks = ["echo up %i", "iptables -A FORWARD -i %i -j ACCEPT; true # kept", "sh -c 'a = \"b\"'", "x\ty"];
    private static readonly string[] Hosts = ["192.0.2.7", "2001:db8::7", "fe80::1%eth0", "vpn.example.org", "a.b.", "my_host"];
    private static readonly string[] Names = ["laptop", "Anna's phone", "# = [Peer]", "büro 3", "Name = x"];
    private static readonly string[] Domains = ["corp.example", "~lan", "~.", "x"];

    private readonly Random _random = new(seed);

    internal TunnelConfig Next() => new()
    {
        Interface = new InterfaceSection
        {
            PrivateKey = Maybe(Key),
            ListenPort = MaybeValue(() => (ushort)_random.Next(65536)),
            FwMark = MaybeValue(() => _random.Next(3) == 0 ? 0 : (uint)_random.NextInt64(1L << 32)),
            Addresses = [.. Many(Address).Distinct()],
            DnsServers = Many(() => Address().Address),
            DnsSearchDomains = Many(() => Pick(Domains)),
            Mtu = MaybeValue(() => _random.Next(576, 65536)),
            Table = _random.Next(3) switch
            {
                0 => RouteTable.Auto,
                1 => RouteTable.Off,
                _ => new RouteTable(RouteTableKind.Numbered, (uint)_random.NextInt64(1, 1L << 32)),
            },
            PreUp = Many(() => Pick(Hooks)),
            PostUp = Many(() => Pick(Hooks)),
            PreDown = Many(() => Pick(Hooks)),
            PostDown = Many(() => Pick(Hooks)),
            SaveConfig = _random.Next(2) == 0,
        },
        Peers = Many(Peer),
    };

    private PeerSection Peer() => new()
    {
        Name = Maybe(() => Pick(Names)),
        PublicKey = new PublicKey(Bytes(32)),
        PresharedKey = Maybe(Key),
        AllowedIPs = [.. Many(Address).Select(a => IPText.Mask(a.Address, a.PrefixLength)).Distinct()],
        Endpoint = Maybe(() => new HostEndpoint(Pick(Hosts), (ushort)_random.Next(1, 65536))),
        PersistentKeepalive = MaybeValue(() => (ushort)(_random.Next(3) == 0 ? 0 : _random.Next(65536))),
    };

    private InterfaceAddress Address()
    {
        var address = new IPAddress(Bytes(_random.Next(2) == 0 ? 4 : 16));
        return new InterfaceAddress(address, _random.Next(IPText.MaxPrefixLength(address) + 1));
    }

    private SecretKey Key() => new(Bytes(32));

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];

    private List<T> Many<T>(Func<T> make) => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => make())];

    private T? Maybe<T>(Func<T> make) where T : class => _random.Next(2) == 0 ? make() : null;

    private T? MaybeValue<T>(Func<T> make) where T : struct => _random.Next(2) == 0 ? make() : null;
}
