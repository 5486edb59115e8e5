using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

/// <summary>Whether two configurations mean the same: everything but path and positions.</summary>
internal static class ConfigEquality
{
    internal static void AssertEqual(TunnelConfig expected, TunnelConfig actual)
    {
        var (left, right) = (expected.Interface, actual.Interface);
        Assert.Equal(left.PrivateKey?.ToBase64(), right.PrivateKey?.ToBase64());
        Assert.Equal(left.ListenPort, right.ListenPort);
        Assert.Equal(left.FwMark, right.FwMark);
        Assert.Equal(left.Addresses, right.Addresses);
        Assert.Equal(left.DnsServers, right.DnsServers);
        Assert.Equal(left.DnsSearchDomains, right.DnsSearchDomains);
        Assert.Equal(left.Mtu, right.Mtu);
        Assert.Equal(left.Table, right.Table);
        Assert.Equal(left.PreUp, right.PreUp);
        Assert.Equal(left.PostUp, right.PostUp);
        Assert.Equal(left.PreDown, right.PreDown);
        Assert.Equal(left.PostDown, right.PostDown);
        Assert.Equal(left.SaveConfig, right.SaveConfig);
        Assert.Equal(expected.Peers.Count, actual.Peers.Count);
        foreach (var (one, other) in expected.Peers.Zip(actual.Peers))
        {
            Assert.Equal(one.Name, other.Name);
            Assert.Equal(one.PublicKey, other.PublicKey);
            Assert.Equal(one.PresharedKey?.ToBase64(), other.PresharedKey?.ToBase64());
            Assert.Equal(one.AllowedIPs, other.AllowedIPs);
            Assert.Equal(one.Endpoint, other.Endpoint);
            Assert.Equal(one.PersistentKeepalive, other.PersistentKeepalive);
        }
    }
}
