using System.Buffers.Binary;
using WireGuard.Engine.Interop.Linux.Netlink;

namespace WireGuard.Tests.Interop;

public sealed class NetlinkMessageTests
{
    [Fact]
    public void A_request_has_the_layout_of_netlink()
    {
        var message = NetlinkRequest.Create(16, NetlinkConstants.NLM_F_ACK, new AddressMessage { Family = 2, PrefixLength = 24, Index = 7 })
            .Add(3, "wg0")
            .Add(4, 1420u)
            .ToMessage(0x01020304);
        Assert.Equal(
            "28000000" + "1000" + "0500" + "04030201" + "00000000" // length, type, REQUEST | ACK, sequence, port
            + "02180000" + "07000000"
            + "0800" + "0300" + "77673000"
            + "0800" + "0400" + "8C050000",
            Convert.ToHexString(message));
    }

    [Fact]
    public void An_attribute_is_padded_and_its_length_is_not()
    {
        var message = NetlinkRequest.Create(16, 0, 0u).Add(1, [0xAA, 0xBB, 0xCC, 0xDD, 0xEE]).Add(2, 5u).ToMessage(1);
        Assert.Equal("0900" + "0100" + "AABBCCDDEE" + "000000", Convert.ToHexString(message.AsSpan(20, 12)));
        ReadOnlySpan<byte> datagram = message;
        Assert.True(NetlinkMessage.TryTake(ref datagram, out var parsed));
        var attributes = parsed.AttributesAfter(4);
        Assert.True(attributes.TryGet(1, out var value));
        Assert.Equal(5, value.Length);
        Assert.Equal(5u, attributes.UInt32(2));
        Assert.Null(attributes.UInt32(3));
    }

    [Fact]
    public void Several_messages_are_taken_one_by_one_and_a_cut_one_ends_them()
    {
        var one = NetlinkRequest.Create(1, 0, (byte)7).ToMessage(1);
        var two = NetlinkRequest.Create(2, 0, 9u).ToMessage(2);
        byte[] all = [.. one, .. two, .. two.AsSpan(0, 19)];
        ReadOnlySpan<byte> datagram = all;
        Assert.True(NetlinkMessage.TryTake(ref datagram, out var first));
        Assert.True(NetlinkMessage.TryTake(ref datagram, out var second));
        Assert.False(NetlinkMessage.TryTake(ref datagram, out _));
        Assert.Equal((1, 2), (first.Header.Type, second.Header.Type));
    }

    [Fact]
    public void Lengths_that_lie_are_never_followed()
    {
        var random = new Random(1);
        var message = NetlinkRequest.Create(16, 0, 0u).Add(1, "text").Add(2, 5u).Add(3, [1, 2, 3]).ToMessage(1);
        var taken = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])message.Clone();
            for (var i = 0; i < 3; i++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ReadOnlySpan<byte> datagram = bytes.AsSpan(0, random.Next(bytes.Length + 1));
            while (NetlinkMessage.TryTake(ref datagram, out var parsed))
            {
                taken++;
                parsed.TryRead(out RouteMessage _);
                var attributes = parsed.AttributesAfter(4);
                attributes.Text(1);
                attributes.UInt32(2);
                NetlinkAcknowledgement.Parse(parsed);
            }
        }
        Assert.True(taken > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernels_explanation_is_found_behind_a_capped_and_an_uncapped_request(bool capped)
    {
        var request = NetlinkRequest.Create(20, 0, 0ul).ToMessage(1);
        var payload = new List<byte>();
        Span<byte> error = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(error, -22);
        payload.AddRange(error);
        payload.AddRange(capped ? request.AsSpan(0, NetlinkHeader.Size) : request);
        payload.AddRange(NetlinkRequest.Nested(NetlinkConstants.NLMSGERR_ATTR_MSG, "ipv4: Invalid prefix length\0"u8));
        var header = new NetlinkHeader
        {
            Type = NetlinkConstants.NLMSG_ERROR,
            Flags = (ushort)(NetlinkConstants.NLM_F_ACK_TLVS | (capped ? NetlinkConstants.NLM_F_CAPPED : 0)),
        };
        var acknowledgement = NetlinkAcknowledgement.Parse(new NetlinkMessage(header, payload.ToArray()));
        Assert.Equal(new NetlinkAcknowledgement(22, "ipv4: Invalid prefix length"), acknowledgement);
        Assert.Equal(
            "RTM_NEWADDR: Invalid argument (ipv4: Invalid prefix length)",
            new NetlinkException("RTM_NEWADDR", acknowledgement.ErrorCode, acknowledgement.KernelText).Message);
    }

    [Fact]
    public void Success_is_an_error_of_zero() =>
        Assert.Equal(new NetlinkAcknowledgement(0, null), NetlinkAcknowledgement.Parse(new NetlinkMessage(default, new byte[20])));
}
