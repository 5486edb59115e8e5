using WireGuard.Engine.Device;

namespace WireGuard.Engine.Lanes;

/// <summary>
/// All lanes of one device. Started after the device and disposed of before it: when this returns from
/// <see cref="Dispose"/>, no lane touches the device any more. Owns the lanes' I/O.
/// </summary>
public sealed class LaneGroup : IDisposable
{
    private readonly List<Lane> _lanes = [];

    /// <param name="device">Whose packets they carry.</param>
    /// <param name="io">One a lane.</param>
    public LaneGroup(WireGuardDevice device, IReadOnlyList<ILaneIo> io)
    {
        foreach (var one in io)
            _lanes.Add(new Lane(device, one, _lanes.Count));
    }

    public int Count => _lanes.Count;

    /// <summary>Starts the threads. Tests that pump by hand leave this out.</summary>
    public void Start()
    {
        foreach (var lane in _lanes)
            lane.Start();
    }

    /// <summary>Carries one batch each way on every lane, on the calling thread; false when nothing waited.</summary>
    internal bool Pump()
    {
        var worked = false;
        foreach (var lane in _lanes)
            worked |= lane.Pump() > 0;
        return worked;
    }

    public void Dispose()
    {
        foreach (var lane in _lanes)
            lane.Stop();
        foreach (var lane in _lanes)
            lane.Dispose();
    }
}
