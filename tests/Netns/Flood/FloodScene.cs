using System.Diagnostics;
using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Flood;

/// <summary>
/// A server with a cable to each of three others: a client whose tunnel carries traffic, a newcomer who connects in the
/// middle of it, and an attacker.
/// </summary>
internal sealed class FloodScene : IDisposable
{
    private readonly PrivateDirectory _files = new();
    private readonly List<Host> _hosts = [];
    private readonly StartReport _started;

    public FloodScene()
    {
        try
        {
            for (var number = 1; number <= 4; number++)
                _hosts.Add(new Host(number));
            foreach (var other in _hosts.Skip(1))
                Join(other);
            _started = Server.Up(_files.Write(Server.Interface + ".conf", $"""
                [Interface]
                PrivateKey = {Server.Keys.PrivateKey}
                ListenPort = {Server.ListenPort}
                Address = {Server.InnerIPv4}/24
                {PeerSection(Client)}
                {PeerSection(Newcomer)}

                """));
            Connect(Client);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Host Server => _hosts[0];

    public Host Client => _hosts[1];

    public Host Newcomer => _hosts[2];

    public Host Attacker => _hosts[3];

    public IPAddress ServerAddress { get; } = IPAddress.Parse("10.77.0.1");

    /// <summary>Starts a tunnel to the server.</summary>
    public void Connect(Host host)
    {
        var report = host.Up(_files.Write(host.Interface + ".conf", $"""
            [Interface]
            PrivateKey = {host.Keys.PrivateKey}
            Address = {host.InnerIPv4}/24
            {PeerSection(Server)}
            Endpoint = {ServerAddress}:{Server.ListenPort}

            """));
        if (!report.Ready)
            throw new InvalidOperationException(report.Message);
    }

    /// <summary>Begins a flood of the server's port.</summary>
    public HandshakeFlood Flood() => Flood(Server.ListenPort);

    /// <summary>Begins a flood of another port of the server.</summary>
    public HandshakeFlood Flood(int port) =>
        new(Attacker.Namespace, new IPEndPoint(ServerAddress, port), PublicKey.Parse(Server.Keys.PublicKey));

    /// <summary>The server's resident memory in MiB: now, and the most it ever was.</summary>
    public (int Now, int Peak) Memory()
    {
        var lines = File.ReadAllLines($"/proc/{_started.ProcessId}/status");
        return (Field("VmRSS:"), Field("VmHWM:"));

        int Field(string name) =>
            int.Parse(lines.Single(l => l.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Processor time that the server's engine has used.</summary>
    public TimeSpan ProcessorTime()
    {
        using var process = Process.GetProcessById(_started.ProcessId);
        return process.TotalProcessorTime;
    }

    public void Dispose()
    {
        foreach (var host in _hosts)
            host.Dispose();
        _files.Dispose();
    }

    // The server has one address on all its cables, and a way to each host by its own.
    private void Join(Host other)
    {
        var cable = other.Interface;
        Server.Namespace.ConnectTo(other.Namespace, cable, [$"{ServerAddress}/32"], "eth0", [$"{other.OuterAddress}/24"]);
        Server.Namespace.Ip("route", "add", $"{other.OuterAddress}/32", "dev", cable);
    }

    private static string PeerSection(Host host) => $"""
        [Peer]
        PublicKey = {host.Keys.PublicKey}
        AllowedIPs = {host.InnerIPv4}/32
        """;
}
