using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Device;

/// <summary>Two devices on one network in memory: 10.0.0.1 and fd00::1 behind A, 10.0.0.2 and fd00::2 behind B.</summary>
internal sealed class DevicePair : IDisposable
{
    internal DevicePair(SecretKey? presharedKey = null, bool connect = true, EphemeralSource? ephemerals = null, Random? jitter = null, string? aead = null, TransportAead? cipher = null, int lanes = 1)
    {
        var parts = new DeviceUnderTest.Parts(ephemerals, jitter, aead, cipher, lanes);
        A = new DeviceUnderTest(Network, Time, "wga", parts, IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1"));
        B = new DeviceUnderTest(Network, Time, "wgb", parts, IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::2"));
        if (!connect)
            return;
        A.AddPeer(B, ["10.0.0.2/32", "fd00::2/128"], presharedKey: presharedKey);
        B.AddPeer(A, ["10.0.0.1/32", "fd00::1/128"], withEndpoint: false, presharedKey: presharedKey);
    }

    internal ManualTimeProvider Time { get; } = new();

    internal ChannelNetwork Network { get; } = new();

    internal DeviceUnderTest A { get; }

    internal DeviceUnderTest B { get; }

    /// <summary>B as A's device sees it.</summary>
    internal Peer PeerAtA => A.Device.AllowedIPs.Find4(0x0A000002)!;

    /// <summary>A as B's device sees it.</summary>
    internal Peer PeerAtB => B.Device.AllowedIPs.Find4(0x0A000001)!;

    /// <summary>Records what is sent from now on, and lets through what the test wants to arrive.</summary>
    internal List<Sent> Capture(Func<Sent, bool>? arrives = null)
    {
        var all = new List<Sent>();
        Network.Filter = (from, _, datagram) =>
        {
            var sent = new Sent(Time.Elapsed, from.Equals(B.Endpoint), datagram.ToArray());
            all.Add(sent);
            return arrives?.Invoke(sent) == false ? 0 : 1;
        };
        return all;
    }

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
