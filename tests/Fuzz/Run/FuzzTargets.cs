namespace WireGuard.Fuzz;

/// <summary>All targets by name.</summary>
public static class FuzzTargets
{
    private static readonly Dictionary<string, Func<IFuzzTarget>> s_makers = new()
    {
        ["handshake"] = () => new HandshakeTarget(),
        ["transport"] = () => new TransportTarget(),
        ["port-guest"] = () => new PortGuestTarget(),
        ["cookie"] = () => new CookieTarget(),
        ["tun"] = () => new TunTarget(),
        ["segment"] = () => new SegmentTarget(),
        ["join"] = () => new JoinTarget(),
        ["uapi"] = () => new UapiTarget(),
        ["control"] = () => new ControlTarget(),
        ["config"] = () => new ConfigTarget(),
        ["netlink"] = () => new NetlinkTarget(),
        ["aead"] = () => new AeadTarget(),
        ["enrollment-server"] = () => new EnrollmentServerTarget(),
        ["enrollment-client"] = () => new EnrollmentClientTarget(),
        ["enrollment-text"] = () => new EnrollmentTextTarget(),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_makers.Keys];

    public static IFuzzTarget Create(string name) => s_makers[name]();
}
