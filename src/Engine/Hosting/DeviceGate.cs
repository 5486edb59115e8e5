using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Stands for the device towards the sockets, which are claimed before there is one and given up after it is gone: so a
/// name is taken before anything is made, and a client that sees its connection close knows that everything is undone.
/// </summary>
internal sealed class DeviceGate : IDeviceControl
{
    private volatile IDeviceControl? _device;

    public event Action<DeviceEvent>? EventRaised;

    private IDeviceControl Device => _device ?? throw new InvalidOperationException("The tunnel is still starting.");

    public DeviceSnapshot Snapshot() => Device.Snapshot();

    public void Apply(DeviceChange change) => Device.Apply(change);

    public void Open(IDeviceControl device)
    {
        device.EventRaised += e => EventRaised?.Invoke(e);
        _device = device;
    }
}
