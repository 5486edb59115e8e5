using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

/// <summary>ConsoleLog, JournalLog and what they share.</summary>
public sealed class LineLogTests
{
    private readonly WriteRecorder _output = new();

    [Fact]
    public void Console_line()
    {
        var log = new ConsoleLog("wg0", _output, new FrozenTime()) { Level = LogLevel.Verbose };
        log.Error("one");
        log.Warning("two");
        log.Information("three");
        log.Verbose("four");
        Assert.Equal(
            ["2026-11-21T09:30:00.123Z error wg0: one\n", "2026-11-21T09:30:00.123Z warning wg0: two\n",
                "2026-11-21T09:30:00.123Z info wg0: three\n", "2026-11-21T09:30:00.123Z verbose wg0: four\n"],
            _output.Writes);
    }

    [Fact]
    public void Journal_line()
    {
        var log = new JournalLog("wg0", _output) { Level = LogLevel.Verbose };
        log.Error("one");
        log.Warning("two");
        log.Information("three");
        log.Verbose("four");
        Assert.Equal(["<3>wg0: one\n", "<4>wg0: two\n", "<6>wg0: three\n", "<7>wg0: four\n"], _output.Writes);
    }

    [Theory]
    [InlineData(LogLevel.Silent, 0)]
    [InlineData(LogLevel.Error, 1)]
    [InlineData(LogLevel.Warning, 2)]
    [InlineData(LogLevel.Information, 3)]
    [InlineData(LogLevel.Verbose, 4)]
    public void Levels_filter(LogLevel level, int lines)
    {
        var log = new JournalLog("wg0", _output) { Level = level };
        log.Error("x");
        log.Warning("x");
        log.Information("x");
        log.Verbose("x");
        Assert.Equal(lines, _output.Writes.Count);
    }

    [Theory]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("a\r\n<0>wg0: forged", "a\\r\\n<0>wg0: forged")]
    [InlineData("a\tb", "a\\tb")]
    [InlineData("\u001B[2J", "\\u{1B}[2J")]
    [InlineData("\0\u007F\u0085", "\\u{0}\\u{7F}\\u{85}")]
    [InlineData("\u2028\u2029", "\\u{2028}\\u{2029}")]
    [InlineData("abc\u202Ecba", "abc\\u{202E}cba")]
    [InlineData("Büro \U0001F600", "Büro \U0001F600")]
    public void Messages_stay_on_their_line(string message, string expected)
    {
        new JournalLog("wg0", _output).Information(message);
        Assert.Equal($"<6>wg0: {expected}\n", Assert.Single(_output.Writes));
    }

    [Fact]
    public void Half_a_character_is_replaced()
    {
        new JournalLog("wg0", _output).Information("half \uD83D");
        Assert.Equal("<6>wg0: half \uFFFD\n", Assert.Single(_output.Writes));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('\u202E')]
    [InlineData('\u4E00')]
    public void Long_messages_are_cut(char content)
    {
        var text = LogText.Escape(new string(content, 100_000));
        Assert.InRange(text.Length, LogText.MaxLength, LogText.MaxLength + 16);
        Assert.EndsWith("...", text);
        Assert.Equal(new string('y', LogText.MaxLength), LogText.Escape(new string('y', LogText.MaxLength)));
    }

    [Fact]
    public void A_broken_stream_costs_the_line_only()
    {
        var log = new ConsoleLog("wg0", _output, new FrozenTime());
        _output.Broken = true;
        log.Error("lost");
        _output.Broken = false;
        log.Error("kept");
        Assert.EndsWith("kept\n", Assert.Single(_output.Writes));
    }

    [Fact]
    public void Threads_do_not_mix_lines()
    {
        var log = new ConsoleLog("wg0", _output, new FrozenTime());
        Parallel.For(0, 1000, n => log.Error($"message {n}"));
        Assert.Equal(
            Enumerable.Range(0, 1000).Select(n => $"2026-11-21T09:30:00.123Z error wg0: message {n}\n").Order(StringComparer.Ordinal),
            _output.Writes.Order(StringComparer.Ordinal));
    }
}
