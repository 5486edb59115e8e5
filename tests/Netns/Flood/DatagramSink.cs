using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Flood;

/// <summary>A UDP port that takes everything, in batches, and looks at nothing: what a flood costs a machine in any case.</summary>
internal sealed class DatagramSink : IDisposable
{
    private readonly LinuxUdpBind _bind = new(EngineLog.None);
    private readonly Task _task;
    private volatile bool _isStopping;

    public DatagramSink(NetworkNamespace at)
    {
        Port = at.Invoke(() => _bind.Open(0, 0));
        _task = at.InvokeInBackground(Take);
    }

    public int Port { get; }

    public void Dispose()
    {
        _isStopping = true;
        _task.Wait();
        _bind.Dispose();
    }

    private void Take()
    {
        using var batch = new PacketBatch();
        while (!_isStopping)
            if (_bind.Sockets[0].Receive(batch) == 0)
                Thread.Sleep(1);
    }
}
