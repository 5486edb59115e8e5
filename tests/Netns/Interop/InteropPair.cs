namespace WireGuard.Tests.Interop;

/// <summary>
/// A tunnel between our engine and wireguard-go. The responder is not told where the initiator is: so it cannot be the
/// one that begins.
/// </summary>
internal sealed class InteropPair : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private BareTunnel? _engineTunnel;

    private InteropPair(bool engineInitiates)
    {
        (Initiator, Responder) = Host.Pair();
        _owned.Add(Initiator);
        _owned.Add(Responder);
        (Engine, Other) = engineInitiates ? (Initiator, Responder) : (Responder, Initiator);
    }

    public Host Initiator { get; }

    public Host Responder { get; }

    /// <summary>Where our engine runs.</summary>
    public Host Engine { get; }

    /// <summary>Where wireguard-go runs.</summary>
    public Host Other { get; }

    public BareTunnel EngineTunnel => _engineTunnel!;

    /// <param name="otherPresharedKey">wireguard-go's; null: the same.</param>
    /// <param name="plain">Our engine without offloads.</param>
    public static InteropPair Start(bool engineInitiates, bool overIPv6, string? presharedKey, string? otherPresharedKey = null, bool plain = false)
    {
        var pair = new InteropPair(engineInitiates);
        if (plain)
            pair.Engine.LimitOffloads("off");
        try
        {
            if (overIPv6)
                pair.Initiator.AwaitIPv6(pair.Responder);
            var engine = pair._engineTunnel = pair.Own(BareTunnel.Start(pair.Engine, InteropRequirement.Engine!));
            var other = pair.Own(BareTunnel.Start(pair.Other, InteropRequirement.WireGuardGo));
            engine.SetPeer(pair.Other, engineInitiates ? pair.Other.OuterEndpoint(overIPv6) : null, presharedKey);
            other.SetPeer(pair.Engine, engineInitiates ? null : pair.Engine.OuterEndpoint(overIPv6), otherPresharedKey ?? presharedKey);
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    private BareTunnel Own(BareTunnel tunnel)
    {
        _owned.Add(tunnel);
        return tunnel;
    }
}
