using System.Text;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

/// <summary>Line cutting and hexadecimal keys, against their plain counterparts.</summary>
public class TextTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Lines_are_the_same_however_the_stream_is_cut(int seed)
    {
        var random = new Random(seed);
        var lines = Enumerable.Range(0, 300).Select(_ => new string((char)random.Next('a', 'z'), random.Next(4) == 0 ? random.Next(500) : random.Next(10))).ToArray();
        var stream = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        using var buffer = new LineBuffer(32, 600);
        var read = new List<string>();
        for (var position = 0; position < stream.Length;)
        {
            var space = buffer.GetSpace();
            Assert.False(space.IsEmpty);
            var count = Math.Min(random.Next(1, space.Length + 1), stream.Length - position);
            stream.AsMemory(position, count).CopyTo(space);
            buffer.Received(count);
            position += count;
            while (buffer.TryRead(out var line))
                read.Add(Encoding.ASCII.GetString(line.Span));
            Assert.False(buffer.IsOverLong);
        }

        Assert.Equal(lines, read);
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void A_line_at_the_limit_fits_and_one_byte_more_does_not()
    {
        using var buffer = new LineBuffer(8, 100);
        for (var i = 0; i < 100; i++)
            Add(buffer, 'x');
        Assert.False(buffer.TryRead(out _));
        Assert.False(buffer.IsOverLong);
        Add(buffer, '\n');
        Assert.True(buffer.TryRead(out var line));
        Assert.Equal(100, line.Length);
        for (var i = 0; i < 101; i++)
            Add(buffer, 'x');
        Assert.False(buffer.TryRead(out _));
        Assert.True(buffer.IsOverLong);
    }

    [Fact]
    public void Consumed_text_is_zeroed_when_more_is_received_and_all_when_disposed_of()
    {
        var buffer = new LineBuffer(64, 64);
        foreach (var letter in "secret\nrest")
            Add(buffer, letter);
        Assert.True(buffer.TryRead(out var line));
        Assert.Equal("secret", Encoding.ASCII.GetString(line.Span));
        var free = buffer.GetSpace();
        Assert.Equal(-1, free.Span.IndexOfAnyExcept((byte)0));
        Assert.Equal("rest\0\0", Encoding.ASCII.GetString(line.Span));
        buffer.Dispose();
        Assert.Equal(-1, line.Span.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void An_outgrown_writer_zeroes_what_it_leaves()
    {
        var writer = new SecretBufferWriter(16);
        "secret"u8.CopyTo(writer.GetSpan(6));
        writer.Advance(6);
        var old = writer.Written;
        writer.GetSpan(100);
        Assert.Equal(-1, old.Span.IndexOfAnyExcept((byte)0));
        var current = writer.Written;
        Assert.Equal("secret", Encoding.ASCII.GetString(current.Span));
        writer.Dispose();
        Assert.Equal(-1, current.Span.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Every_byte_is_a_digit_exactly_when_it_should_be()
    {
        var text = Encoding.ASCII.GetBytes(new string('0', 64));
        for (var i = 0; i < 256; i++)
        {
            text[63] = (byte)i;
            var good = HexText.TryReadPublicKey(text, out var key);
            Assert.Equal(char.IsAsciiHexDigit((char)i), good);
            if (good)
                Assert.Equal(Convert.ToInt32(((char)i).ToString(), 16), key.Span[31]);
        }
    }

    [Fact]
    public void Every_byte_is_written_as_two_lower_case_digits()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var text = new byte[512];
        HexText.Write(bytes, text);
        Assert.Equal(Convert.ToHexStringLower(bytes), Encoding.ASCII.GetString(text));
    }

    private static void Add(LineBuffer buffer, char letter)
    {
        buffer.GetSpace().Span[0] = (byte)letter;
        buffer.Received(1);
    }
}
