namespace WireGuard.Engine.Tun;

/// <summary>What the kernel may leave to us, where it can: fewer and larger packets cross the TUN. Everything works without, more slowly.</summary>
[Flags]
public enum TunOffloads
{
    None = 0,

    /// <summary>IFF_VNET_HDR: a header before each packet tells what is left to do.</summary>
    Header = 1,

    /// <summary>TSO in both families.</summary>
    Tcp = 2,

    /// <summary>USO in both families.</summary>
    Udp = 4,

    All = Header | Tcp | Udp,
}

/// <summary>What a descriptor does.</summary>
/// <param name="HeaderSize">Bytes before each packet; 0: none.</param>
/// <param name="Tcp">TCP super-packets.</param>
/// <param name="Udp">UDP super-packets.</param>
internal readonly record struct TunFeatures(int HeaderSize, bool Tcp, bool Udp);
