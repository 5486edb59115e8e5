using System.Net;
using System.Net.Sockets;
using WireGuard.Api;

namespace WireGuard.Configuration;

internal sealed class InterfaceBuilder(DiagnosticBag diagnostics, int line) : SectionBuilder(diagnostics, line), IDisposable
{
    // Every IPv6 link must carry packets of this size (RFC 8200, section 5); Linux takes IPv6 off a smaller one.
    private const int MinIPv6Mtu = 1280;

    private readonly List<InterfaceAddress> _addresses = [];
    private readonly HashSet<InterfaceAddress> _addressSet = [];
    private readonly List<IPAddress> _dnsServers = [];
    private readonly List<string> _dnsSearchDomains = [];
    private readonly Dictionary<string, List<string>> _hooks = [];
    private SecretKey? _privateKey;
    private ushort? _listenPort;
    private uint? _fwMark;
    private int? _mtu;
    private RouteTable? _table;
    private bool? _saveConfig;

    /// <summary>Whether the text holds a private key, be it a good one or not.</summary>
    internal bool HasPrivateKey => Has("PrivateKey");

    /// <summary>The keys go to the section; the builder is not used again.</summary>
    internal InterfaceSection Build() => new()
    {
        PrivateKey = _privateKey,
        ListenPort = _listenPort,
        FwMark = _fwMark,
        Addresses = _addresses,
        DnsServers = _dnsServers,
        DnsSearchDomains = _dnsSearchDomains,
        Mtu = _mtu,
        Table = _table ?? RouteTable.Auto,
        PreUp = Hook("PreUp"),
        PostUp = Hook("PostUp"),
        PreDown = Hook("PreDown"),
        PostDown = Hook("PostDown"),
        SaveConfig = _saveConfig ?? false,
        Positions = Positions,
        Line = Line,
    };

    /// <summary>Checks that need the whole section.</summary>
    internal void Finish()
    {
        if (!HasPrivateKey)
            Diagnostics.Warning("NoPrivateKey", new(Line, 1), "There is no PrivateKey; nobody can be reached until one is set.");
        if (_mtu < MinIPv6Mtu && _addresses.Any(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6))
            Diagnostics.Warning("SmallMtu", Positions["MTU"], $"MTU {_mtu} is below {MinIPv6Mtu}, so the IPv6 addresses will not work.");
    }

    public void Dispose() => _privateKey?.Dispose();

    protected override void Accept(ConfigValue value)
    {
        switch (value.Name)
        {
            case "PrivateKey":
                _privateKey = Values.PrivateKey(value);
                break;
            case "ListenPort":
                _listenPort = Values.ListenPort(value);
                break;
            case "FwMark":
                _fwMark = Values.FwMark(value);
                break;
            case "Address":
                AddAddresses(value);
                break;
            case "DNS":
                AddDns(value);
                break;
            case "MTU":
                _mtu = Values.Mtu(value);
                break;
            case "Table":
                _table = Values.Table(value);
                break;
            case "SaveConfig":
                _saveConfig = Values.Boolean(value);
                break;
            default:
                AddHook(value);
                break;
        }
    }

    private void AddAddresses(ConfigValue list)
    {
        foreach (var item in Networks.Items(list, spaceSeparates: true))
        {
            if (Networks.Address(item) is not { } address)
                continue;
            if (!_addressSet.Add(address))
            {
                Diagnostics.Warning("DuplicateAddress", item.Place, $"{address} is given twice.");
                continue;
            }

            _addresses.Add(address);
            Positions.Add(item.Name, item.Place);
        }
    }

    private void AddDns(ConfigValue list)
    {
        foreach (var item in Networks.Items(list, spaceSeparates: true))
        {
            // What has only digits and dots, or a colon, is meant to be an address (wg-quick(8)).
            var isAddress = item.Text.Contains(':') || item.Text.IndexOfAnyExcept("0123456789.") < 0;
            if (isAddress && IPText.TryParse(item.Text, out var server))
                _dnsServers.Add(server);
            else if (!isAddress && HostName.IsValidSearchDomain(item.Text))
                _dnsSearchDomains.Add(item.Text.ToString());
            else
            {
                Diagnostics.Error("InvalidDns", item.Place,
                    $"DNS must be an IP address or a search domain, not {ShownText.Quote(item.Text)}.");
                continue;
            }

            Positions.Add(item.Name, item.Place);
        }
    }

    private void AddHook(ConfigValue command)
    {
        if (command.Memory.IsEmpty)
        {
            Diagnostics.Warning("EmptyValue", command.KeyPlace, $"{command.Name} has no value; the line has no effect.");
            return;
        }

        if (!_hooks.TryGetValue(command.Name, out var commands))
            _hooks.Add(command.Name, commands = []);
        commands.Add(command.Text.ToString());
        Positions.Add(command.Name, command.Place);
    }

    private IReadOnlyList<string> Hook(string name) => _hooks.TryGetValue(name, out var commands) ? commands : [];
}
