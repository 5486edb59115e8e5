using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Noise;

public class MessageFormatTests
{
    [Theory]
    [InlineData(1, 148, MessageType.Initiation)]
    [InlineData(2, 92, MessageType.Response)]
    [InlineData(3, 64, MessageType.CookieReply)]
    [InlineData(4, 32, MessageType.Transport)]
    [InlineData(4, 33, MessageType.Transport)]
    [InlineData(4, 1452, MessageType.Transport)]
    [InlineData(4, 65535, MessageType.Transport)]
    public void A_message_of_its_type_and_length_is_known(byte type, int length, MessageType expected) =>
        Assert.Equal(expected, MessageFormat.Classify(Message(type, length)));

    [Theory]
    [InlineData(1, 147)]
    [InlineData(1, 149)]
    [InlineData(1, 92)]
    [InlineData(2, 91)]
    [InlineData(2, 93)]
    [InlineData(2, 148)]
    [InlineData(3, 63)]
    [InlineData(3, 65)]
    [InlineData(4, 31)]
    [InlineData(4, 16)]
    [InlineData(4, 0)]
    [InlineData(0, 148)]
    [InlineData(5, 148)]
    [InlineData(255, 92)]
    public void A_message_of_another_type_or_length_is_dropped(byte type, int length) =>
        Assert.Null(MessageFormat.Classify(Message(type, length)));

    [Theory]
    [InlineData(1, 148)]
    [InlineData(2, 92)]
    [InlineData(3, 64)]
    [InlineData(4, 32)]
    public void A_message_with_a_reserved_bit_set_is_dropped(byte type, int length)
    {
        for (var bit = 8; bit < 32; bit++)
        {
            var message = Message(type, length);
            message[bit / 8] |= (byte)(1 << (bit % 8));
            Assert.Null(MessageFormat.Classify(message));
        }
    }

    [Fact]
    public void Anything_shorter_than_a_keepalive_is_dropped()
    {
        for (byte type = 0; type < 6; type++)
        {
            for (var length = 0; length < 32; length++)
                Assert.Null(MessageFormat.Classify(Message(type, length)));
        }
    }

    private static byte[] Message(byte type, int length)
    {
        var message = new byte[length];
        if (length > 0)
            message[0] = type;
        return message;
    }
}
