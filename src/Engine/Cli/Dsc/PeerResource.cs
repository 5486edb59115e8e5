using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>Peers of tunnels that run. The configuration file is not touched.</summary>
internal sealed class PeerResource : IDscResource<DscPeer>
{
    public DscPeer Get(DscPeer desired)
    {
        if (!PublicKey.TryParse(desired.PublicKey, out var key))
            throw new CommandException(ExitCode.Usage, "publicKey is no key: a key is 44 characters of base64 (32 bytes).");
        using var engine = OpenIfExists(desired);
        var found = engine?.GetTunnel().Peers.FirstOrDefault(peer => peer.PublicKey == key.ToString());
        return found is null ? Gone(desired) : StateOf(desired.Tunnel, found);
    }

    public void Check(DscPeer desired)
    {
        if (desired.Exist == false)
            return;
        DesiredValues.Check(() =>
        {
            if (desired.Endpoint is { } endpoint)
                PeerRequestReader.ReadEndpoint(endpoint);
            PeerRequestReader.ToChange(RequestOf(desired), PeerChangeMode.UpdateOnly, endpoint: null);
        });
    }

    public IReadOnlyList<string> Compare(DscPeer desired, DscPeer actual)
    {
        var wanted = desired.Exist ?? true;
        if (wanted != actual.Exist)
            return ["_exist"];
        if (!wanted)
            return [];
        var different = new List<string>();
        Add("name", Difference.Of(desired.Name, actual.Name));
        Add("presharedKey", desired.PresharedKey is { } key && !IsSet(desired, key));
        Add("endpoint", Difference.OfEndpoint(desired.Endpoint, actual.Endpoint));
        Add("allowedIPs", Difference.OfPrefixes(desired.AllowedIPs, actual.AllowedIPs));
        Add("persistentKeepalive", Difference.Of(desired.PersistentKeepalive, actual.PersistentKeepalive));
        return different;

        void Add(string property, bool differs)
        {
            if (differs)
                different.Add(property);
        }
    }

    public void Set(DscPeer desired, DscPeer actual)
    {
        using var engine = ControlConnection.Open(desired.Tunnel);
        if (desired.Exist == false)
        {
            engine.RemovePeer(desired.PublicKey);
            return;
        }

        var request = RequestOf(desired) with { Endpoint = Difference.OfEndpoint(desired.Endpoint, actual.Endpoint) ? desired.Endpoint : null };
        if (actual.Exist == true)
            engine.SetPeer(request);
        else
            engine.AddPeer(request);
    }

    public DscPeer Predict(DscPeer desired, DscPeer actual)
    {
        // A tunnel that does not run is told now and not later.
        using var engine = ControlConnection.Open(desired.Tunnel);
        if (desired.Exist == false)
            return Gone(desired);
        if (engine.GetTunnel().PublicKey == desired.PublicKey)
            throw new CommandException(ExitCode.Error, "publicKey: this is the tunnel's own public key.");
        return actual with
        {
            Exist = true,
            Name = desired.Name switch { null => actual.Name, "" => null, var name => name },
            Endpoint = Difference.OfEndpoint(desired.Endpoint, actual.Endpoint) ? AddressOf(desired.Endpoint!) : actual.Endpoint,
            AllowedIPs = desired.AllowedIPs is null ? actual.AllowedIPs ?? [] : PrefixesOf(desired),
            PersistentKeepalive = desired.PersistentKeepalive ?? actual.PersistentKeepalive ?? 0,
        };
    }

    public DscPeer Absent(DscPeer desired) => Gone(desired);

    public IEnumerable<DscPeer> Export()
    {
        foreach (var name in ControlConnection.SocketNames())
        {
            using var engine = ControlConnection.TryOpen(name);
            foreach (var peer in engine?.GetTunnel().Peers ?? [])
                yield return StateOf(name, peer);
        }
    }

    private static PeerChangeRequest RequestOf(DscPeer desired) => new()
    {
        PublicKey = desired.PublicKey,
        Name = desired.Name,
        PresharedKey = desired.PresharedKey,
        Endpoint = desired.Endpoint,
        AllowedIPs = desired.AllowedIPs,
        PersistentKeepalive = desired.PersistentKeepalive,
    };

    // As the engine writes them, IPv4 first and the longest before the others.
    private static string[] PrefixesOf(DscPeer desired) =>
    [
        .. PeerRequestReader.ToChange(RequestOf(desired), PeerChangeMode.UpdateOnly, endpoint: null).AllowedIPs.Select(allowed => allowed.Prefix).Distinct()
            .OrderBy(prefix => prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6)
            .ThenByDescending(prefix => prefix.PrefixLength)
            .Select(prefix => prefix.ToString()),
    ];

    private static string AddressOf(string endpoint)
    {
        if (PeerRequestReader.ReadEndpoint(endpoint) is { } literal)
            return literal.ToString();
        var colon = endpoint.LastIndexOf(':');
        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(endpoint[..colon])[0], int.Parse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture)).ToString();
        }
        catch (SocketException failure)
        {
            throw new CommandException(ExitCode.Error, $"The endpoint's name '{endpoint[..colon]}' has no address: {failure.Message}", failure);
        }
    }

    private static ControlConnection? OpenIfExists(DscPeer desired) => Configuration.TunnelName.IsValid(desired.Tunnel)
        ? ControlConnection.TryOpen(desired.Tunnel)
        : throw new CommandException(ExitCode.Usage, Configuration.TunnelName.Rule);

    // Only the engine can tell, and it is asked for nothing else.
    private static bool IsSet(DscPeer desired, SecretKey key)
    {
        using var engine = ControlConnection.Open(desired.Tunnel);
        var text = engine.GetTunnelWithSecrets().Peers.FirstOrDefault(peer => peer.PublicKey == desired.PublicKey)?.PresharedKey;
        if (text is null || !SecretKey.TryParse(text, out var actual))
            return key.IsZero;
        using (actual)
            return actual.Equals(key);
    }

    private static DscPeer Gone(DscPeer desired) => new() { Tunnel = desired.Tunnel, PublicKey = desired.PublicKey, Exist = false };

    private static DscPeer StateOf(string tunnel, PeerInfo peer) => new()
    {
        Tunnel = tunnel,
        PublicKey = peer.PublicKey,
        Exist = true,
        Name = peer.Name,
        Endpoint = peer.Endpoint,
        AllowedIPs = peer.AllowedIPs,
        PersistentKeepalive = peer.PersistentKeepalive,
    };
}
