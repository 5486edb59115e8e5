using WireGuard.Engine.Device;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Lanes;

/// <summary>
/// One thread of the data path: takes what waits at its TUN queue and its sockets, in batches, and carries each batch to
/// the other side before it takes the next. No hand-over to other threads, no allocation per packet.
/// </summary>
internal sealed class Lane : IDisposable
{
    /// <summary>
    /// Packets of a round after which more are expected at once. Behind a smaller one the wait itself asks whether there is
    /// more: one call instead of one a descriptor. Far below a batch, so that nothing which has been read waits for room.
    /// </summary>
    private const int BusyRound = 16;

    private readonly WireGuardDevice _device;
    private readonly ILaneIo _io;
    private readonly PacketBatch _outbound = new();
    private readonly PacketBatch _inbound = new();
    private readonly TransportSender _sender;
    private readonly TransportReceiver _receiver;
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private bool _isStarted;

    internal Lane(WireGuardDevice device, ILaneIo io, int number)
    {
        _device = device;
        _io = io;
        _sender = new TransportSender(device, io.Udp);
        _receiver = new TransportReceiver(device, _sender);
        _thread = new Thread(Run) { Name = $"wg lane {number}", IsBackground = true };
    }

    internal void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <summary>Carries one batch each way, and returns how many packets waited.</summary>
    internal int Pump()
    {
        var read = _io.Tun.Read(_outbound);
        if (read > 0)
            _sender.SendFromTun(_outbound, _io.Tun);
        var received = _io.Udp.Receive(_inbound);
        if (received > 0)
            _receiver.Receive(_inbound, _io.Tun);
        return read + received;
    }

    /// <summary>Ends the thread and waits for it.</summary>
    internal void Stop()
    {
        _isStopping = true;
        _io.Wake();
        if (_isStarted)
            _thread.Join();
    }

    public void Dispose()
    {
        _sender.Dispose();
        _outbound.Dispose();
        _inbound.Dispose();
        _io.Dispose();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            try
            {
                if (Pump() < BusyRound)
                    _io.Wait(-1);
            }
            catch (Exception e)
            {
                // A lane that ended would take the tunnel with it; the pause keeps a repeating fault from spinning.
                _device.Log.Error($"lane: {e.GetType().Name}: {e.Message}");
                Thread.Sleep(100);
            }
        }
    }
}
