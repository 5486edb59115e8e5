using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Device;

/// <summary>Two devices on one network in memory: 10.0.0.1 and fd00::1 behind A, 10.0.0.2 and fd00::2 behind B.</summary>
internal sealed class DevicePair : IDisposable
{
    internal DevicePair(SecretKey? presharedKey = null, bool connect = true, EphemeralSource? ephemerals = null)
    {
        A = new DeviceUnderTest(Network, Time, "wga", ephemerals, IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1"));
        B = new DeviceUnderTest(Network, Time, "wgb", ephemerals, IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::2"));
        if (!connect)
            return;
        A.AddPeer(B, ["10.0.0.2/32", "fd00::2/128"], presharedKey: presharedKey);
        B.AddPeer(A, ["10.0.0.1/32", "fd00::1/128"], withEndpoint: false, presharedKey: presharedKey);
    }

    internal ManualTimeProvider Time { get; } = new();

    internal ChannelNetwork Network { get; } = new();

    internal DeviceUnderTest A { get; }

    internal DeviceUnderTest B { get; }

    /// <summary>Runs both until nothing is left to do.</summary>
    internal void Settle()
    {
        for (var i = 0; i < 1000; i++)
            if (!(A.Pump() | B.Pump()))
                return;
        Assert.Fail("The pair does not come to rest.");
    }

    /// <summary>Lets time pass in steps, settling after each.</summary>
    internal void Run(TimeSpan time, TimeSpan? step = null)
    {
        var by = step ?? TimeSpan.FromMilliseconds(100);
        for (var passed = TimeSpan.Zero; passed < time; passed += by)
        {
            Time.Advance(by);
            Settle();
        }
    }

    /// <summary>Sends one packet from A to B and returns what came out at B.</summary>
    internal byte[]? SendAtoB(byte[] packet)
    {
        A.Tun.Inject(packet);
        Settle();
        return B.Tun.TakeOrNull();
    }

    internal byte[]? SendBtoA(byte[] packet)
    {
        B.Tun.Inject(packet);
        Settle();
        return A.Tun.TakeOrNull();
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}
