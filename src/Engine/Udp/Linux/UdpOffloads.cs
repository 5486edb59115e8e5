namespace WireGuard.Engine.Udp;

/// <summary>What the kernel may do for many datagrams at once, where it can. Everything works without, more slowly.</summary>
[Flags]
public enum UdpOffloads
{
    None = 0,

    /// <summary>UDP_SEGMENT: datagrams of one size to one endpoint go down the stack as one.</summary>
    Segmentation = 1,

    /// <summary>UDP_GRO: such datagrams come up the stack as one.</summary>
    Coalescing = 2,

    All = Segmentation | Coalescing,
}
