using System.Globalization;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Cli;

/// <summary>Writes a tunnel as `wg show` does; keys are hidden.</summary>
public static class TunnelReport
{
    public static void Write(TextWriter output, TunnelInfo tunnel, DateTimeOffset now)
    {
        output.WriteLine($"interface: {tunnel.Name}");
        if (tunnel.PublicKey is { } publicKey)
        {
            output.WriteLine($"  public key: {publicKey}");
            output.WriteLine("  private key: (hidden)");
        }

        if (tunnel.ListenPort != 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  listening port: {tunnel.ListenPort}"));
        if (tunnel.FwMark != 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  fwmark: 0x{tunnel.FwMark:x}"));
        if (tunnel.NetNs is { } netNs)
            output.WriteLine($"  network namespace: {netNs}");
        if (tunnel.SocketNetNs is { } socketNetNs)
            output.WriteLine($"  network namespace of the sockets: {socketNetNs}");
        if (tunnel.KillSwitch)
            output.WriteLine("  kill switch: closed");
        if (tunnel.Forward)
            output.WriteLine($"  forwarding: on{(tunnel.Masquerade ? ", masquerading" : "")}");
        if (tunnel.ExcludedRoutes is { } routes)
            output.WriteLine($"  excluded routes: {string.Join(", ", routes)}");
        if (tunnel.IsStarting)
            output.WriteLine("  starting: not ready yet");
        else if (!tunnel.IsUp)
            output.WriteLine("  link: down");

        // Who was heard from last comes first, who never was comes last.
        foreach (var peer in tunnel.Peers.OrderByDescending(p => p.LastHandshake ?? DateTimeOffset.MinValue))
        {
            output.WriteLine();
            Write(output, peer, now);
        }
    }

    private static void Write(TextWriter output, PeerInfo peer, DateTimeOffset now)
    {
        output.WriteLine($"peer: {peer.PublicKey}");
        if (peer.Name is { } name)
            output.WriteLine($"  name: {ShownText.Escaped(name)}");
        if (peer.HasPresharedKey)
            output.WriteLine("  preshared key: (hidden)");
        if (peer.Endpoint is { } endpoint)
            output.WriteLine($"  endpoint: {endpoint}");
        output.WriteLine($"  allowed ips: {(peer.AllowedIPs.Count == 0 ? "(none)" : string.Join(", ", peer.AllowedIPs))}");
        if (peer.LastHandshake is { } handshake)
            output.WriteLine($"  latest handshake: {HumanText.Ago(now - handshake)}");
        if ((peer.RxBytes | peer.TxBytes) != 0)
            output.WriteLine($"  transfer: {HumanText.Bytes(peer.RxBytes)} received, {HumanText.Bytes(peer.TxBytes)} sent");
        if (peer.PersistentKeepalive != 0)
            output.WriteLine($"  persistent keepalive: every {HumanText.Duration(TimeSpan.FromSeconds(peer.PersistentKeepalive))}");
    }
}
