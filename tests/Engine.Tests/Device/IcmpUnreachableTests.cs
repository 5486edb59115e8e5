using System.Net;

namespace WireGuard.Tests.Device;

/// <summary>Packets that nobody is told could not be delivered (RFC 1122, section 3.2.2; RFC 4443, section 2.4).</summary>
public sealed class IcmpUnreachableTests
{
    [Fact]
    public void An_ICMPv6_error_gets_no_error_message()
    {
        using var pair = new DevicePair();
        pair.A.Tun.Inject(TestPacket.Make("fd00::1", "fd99::9"));
        pair.Settle();
        var error = pair.A.Tun.TakeOrNull()!;
        IPAddress.Parse("fd99::9").TryWriteBytes(error.AsSpan(24), out _);
        pair.A.Tun.Inject(error);
        pair.Settle();
        Assert.Null(pair.A.Tun.TakeOrNull());
    }

    [Fact]
    public void Neither_later_fragments_nor_groups_get_an_error_message()
    {
        using var pair = new DevicePair();
        var fragment = TestPacket.Make("10.0.0.1", "10.9.9.9");
        fragment[7] = 1;
        pair.A.Tun.Inject(fragment);
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "224.0.0.5"));
        pair.A.Tun.Inject(TestPacket.Make("fd00::1", "ff02::5"));
        pair.Settle();
        Assert.Null(pair.A.Tun.TakeOrNull());
    }
}
