using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The route that the kernel makes for an address by itself.</summary>
internal static class AddressSubnet
{
    /// <summary>Null: it makes none into the main table.</summary>
    public static IPNetwork? Of(InterfaceAddress address)
    {
        var bytes = address.Address.GetAddressBytes();
        if (address.Address.AddressFamily == AddressFamily.InterNetwork && address.PrefixLength == 8 * bytes.Length)
            return null;
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(address.PrefixLength - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - bits));
        }

        return new IPNetwork(new IPAddress(bytes), address.PrefixLength);
    }
}
