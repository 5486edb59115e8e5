using System.Text;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Cli.Verbs;

namespace WireGuard.Tests.Cli;

public class KeyVerbsTests
{
    // RFC 7748, section 6.1.
    private static readonly string AlicePrivate = Base64("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    private static readonly string AlicePublic = Base64("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    private static readonly string BobPrivate = Base64("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    private static readonly string BobPublic = Base64("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("  \n")]
    public void Each_line_gives_its_public_key(string lineEnd)
    {
        var output = new MemoryStream();
        var code = KeyVerbs.WritePublicKeys(Input(AlicePrivate + lineEnd + BobPrivate + lineEnd), output);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal($"{AlicePublic}\n{BobPublic}\n", Encoding.ASCII.GetString(output.ToArray()));
    }

    [Fact]
    public void The_last_line_needs_no_end()
    {
        var output = new MemoryStream();
        KeyVerbs.WritePublicKeys(Input(AlicePrivate), output);

        Assert.Equal(AlicePublic + "\n", Encoding.ASCII.GetString(output.ToArray()));
    }

    [Fact]
    public void An_answer_is_there_before_the_next_line_is_asked_for()
    {
        var output = new MemoryStream();
        var input = new LineByLine(output, AlicePrivate + "\n", BobPrivate + "\n");
        KeyVerbs.WritePublicKeys(input, output);

        Assert.Equal([0, 45, 90], input.WrittenAtEachRead);
    }

    [Fact]
    public void A_bad_line_ends_it_with_its_number_and_without_its_text()
    {
        var output = new MemoryStream();
        var secret = AlicePrivate[..43];
        var failure = Assert.Throws<CommandException>(() => KeyVerbs.WritePublicKeys(Input($"{BobPrivate}\n{secret}\n"), output));

        Assert.Equal(ExitCode.Error, failure.Code);
        Assert.Contains("Line 2 ", failure.Message);
        Assert.DoesNotContain(secret, failure.Message);
        Assert.Equal(BobPublic + "\n", Encoding.ASCII.GetString(output.ToArray()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(100_000)]
    public void Input_without_a_key_is_refused(int length)
    {
        var failure = Assert.Throws<CommandException>(() => KeyVerbs.WritePublicKeys(Input(new string('A', length)), Stream.Null));

        Assert.Equal(ExitCode.Error, failure.Code);
    }

    private static MemoryStream Input(string text) => new(Encoding.ASCII.GetBytes(text));

    private static string Base64(string hex) => Convert.ToBase64String(Convert.FromHexString(hex));

    /// <summary>Gives a line a read and notes how much had been answered by then.</summary>
    private sealed class LineByLine(MemoryStream output, params string[] lines) : MemoryStream
    {
        private int _next;

        public List<long> WrittenAtEachRead { get; } = [];

        public override int Read(byte[] buffer, int offset, int count)
        {
            WrittenAtEachRead.Add(output.Length);
            return _next < lines.Length ? Encoding.ASCII.GetBytes(lines[_next++], buffer.AsSpan(offset, count)) : 0;
        }
    }
}
