using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>Changes of a tunnel that runs, and what the host makes of them.</summary>
public sealed partial class TunnelHost
{
    // Over device, host and what is remembered of both, so that they stay in step.
    private readonly Lock _changing = new();
    private volatile HostNetworkSettings? _settings;

    /// <summary>What wg(8) or a peer method has asked for. What others hold on to who have joined is not theirs to change.</summary>
    private void ApplyUnlessServed(DeviceChange change, bool dryRun)
    {
        // Before the lock of changes, which whoever joins takes second.
        if (_enrollment?.Objection(change) is { } objection)
            throw new DeviceChangeException(DeviceChangeError.InvalidValue, objection);
        if (dryRun)
            _device!.Apply(change, dryRun);
        else
            ApplyForClient(change);
    }

    /// <summary>Changes the device, and what depends on it.</summary>
    private void ApplyForClient(DeviceChange change)
    {
        lock (_changing)
        {
            if (change.FwMark is { } mark && _settings is { } settings)
                ApplyWithMark(change, mark, settings);
            else
                _device!.Apply(change);
            _endpoints.Forget(change);
            _untold++;
        }
    }

    /// <summary>The rules of a default route follow: a datagram with a mark that no rule knows would go into its own tunnel.</summary>
    private void ApplyWithMark(DeviceChange change, uint mark, HostNetworkSettings settings)
    {
        try
        {
            _network!.ChangeMark(mark, UseMark, () => _device!.Apply(change.WithMark(null)));
            _settings = settings with { FwMark = mark };
        }
        catch (HostNetworkException failure)
        {
            throw new DeviceChangeException(DeviceChangeError.SocketFailed, $"The mark was not changed: {failure.Message}", failure);
        }
    }
}
