using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Stands for the device towards the sockets, which are claimed before there is one and given up after it is gone: so a
/// name is taken before anything is made, and a client that sees its connection close knows that everything is undone.
/// </summary>
internal sealed class DeviceGate : IDeviceControl
{
    private volatile IDeviceControl? _device;
    private volatile bool _takesChanges;
    private volatile Action<DeviceChange, bool>? _apply;

    public event Action<DeviceEvent>? EventRaised;

    private IDeviceControl Device => _device ?? throw Starting();

    public DeviceSnapshot Snapshot() => Device.Snapshot();

    public PeerView Look(PublicKey peer, IEnumerable<IPNetwork> prefixes) => Device.Look(peer, prefixes);

    /// <exception cref="ControlException">Starting: the host itself has not configured the device yet.</exception>
    public void Apply(DeviceChange change, bool dryRun = false)
    {
        if (!_takesChanges)
            throw Starting();
        (_apply ?? Device.Apply)(change, dryRun);
    }

    /// <summary>From now on the device can be looked at.</summary>
    public void Open(IDeviceControl device)
    {
        device.EventRaised += e => EventRaised?.Invoke(e);
        _device = device;
    }

    /// <summary>From now on clients may change the device.</summary>
    /// <param name="apply">Applies a client's change to the device and to what depends on it; or, told so, only tries it.</param>
    public void TakeChanges(Action<DeviceChange, bool> apply)
    {
        _apply = apply;
        _takesChanges = true;
    }

    /// <exception cref="ControlException">Starting.</exception>
    public void RequireChanges()
    {
        if (!_takesChanges)
            throw Starting();
    }

    private static ControlException Starting() => new(ControlErrorCode.Starting, "The tunnel is still starting.");
}
