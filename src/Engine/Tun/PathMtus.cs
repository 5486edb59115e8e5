namespace WireGuard.Engine.Tun;

/// <summary>The MTUs that packets into an interface obey: the link's, and smaller ones of single routes. In bytes; does not change.</summary>
public sealed class PathMtus
{
    private readonly int[] _ofRoutes;

    /// <param name="link">The link's MTU; 0: not known.</param>
    /// <param name="ofRoutes">Those of routes; what is not smaller than the link's says nothing.</param>
    public PathMtus(int link, params IEnumerable<int> ofRoutes)
    {
        Link = link;
        var smaller = new List<int>();
        foreach (var mtu in ofRoutes)
        {
            if (mtu > 0 && mtu < link && !smaller.Contains(mtu))
                smaller.Add(mtu);
        }

        smaller.Sort();
        _ofRoutes = [.. smaller];
    }

    public int Link { get; }

    /// <summary>
    /// The smallest one that holds a packet of this length, which is never more than that of the route it took; the link's
    /// for a longer one.
    /// </summary>
    internal int Holding(int length)
    {
        foreach (var mtu in _ofRoutes)
        {
            if (mtu >= length)
                return mtu;
        }

        return Link;
    }
}
