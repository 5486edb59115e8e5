using System.Text;
using WireGuard.Client;

namespace WireGuard.Tests.Client;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Lines_come_whole_however_the_stream_cuts_them(int chunk)
    {
        string[] lines = ["", "a", new string('b', 5000), "ä€", new string('c', 70_000)];
        using var reader = new LineReader(new ChunkedStream(string.Join('\n', lines) + "\n", chunk));

        foreach (var line in lines)
            Assert.Equal(line, Encoding.UTF8.GetString((await reader.ReadAsync(100_000, CancellationToken.None))!.Value.Span));
        Assert.Null(await reader.ReadAsync(100_000, CancellationToken.None));
    }

    [Fact]
    public async Task A_line_of_the_limit_passes_and_one_byte_more_does_not()
    {
        using var reader = new LineReader(new ChunkedStream("12345\n123456\n", 3));

        Assert.Equal(5, (await reader.ReadAsync(5, CancellationToken.None))!.Value.Length);
        await Assert.ThrowsAsync<InvalidDataException>(() => reader.ReadAsync(5, CancellationToken.None));
    }

    [Fact]
    public async Task A_line_without_end_is_refused_before_it_is_kept()
    {
        using var reader = new LineReader(new ChunkedStream(new string('x', 1_000_000), 1000));

        await Assert.ThrowsAsync<InvalidDataException>(() => reader.ReadAsync(4096, CancellationToken.None));
    }

    [Fact]
    public async Task Half_a_line_is_an_error()
    {
        using var reader = new LineReader(new ChunkedStream("half", 2));

        await Assert.ThrowsAsync<EndOfStreamException>(() => reader.ReadAsync(100, CancellationToken.None));
    }

    private sealed class ChunkedStream(string text, int chunk) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
