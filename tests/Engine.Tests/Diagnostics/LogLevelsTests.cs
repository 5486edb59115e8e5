using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public sealed class LogLevelsTests
{
    [Theory]
    [InlineData("silent", LogLevel.Silent)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("warn", LogLevel.Warning)]
    [InlineData("info", LogLevel.Information)]
    [InlineData("information", LogLevel.Information)]
    [InlineData("verbose", LogLevel.Verbose)]
    [InlineData("debug", LogLevel.Verbose)]
    [InlineData(" DEBUG ", LogLevel.Verbose)]
    public void Words(string text, LogLevel expected)
    {
        Assert.True(LogLevels.TryParse(text, out var level));
        Assert.Equal(expected, level);
        Assert.Equal(expected, LogLevels.Parse(text, LogLevel.Error));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("loud")]
    [InlineData("3")]
    public void Anything_else_falls_back(string? text)
    {
        Assert.False(LogLevels.TryParse(text, out _));
        Assert.Equal(LogLevel.Warning, LogLevels.Parse(text, LogLevel.Warning));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("debug", null)]
    [InlineData("loud", "LOG_LEVEL is 'loud', which is none of silent, error, warning, info and verbose")]
    public void A_word_that_is_no_level_is_told_of(string? text, string? message) => Assert.Equal(message, LogLevels.Misunderstood(text));

    [Fact]
    public void Names_read_back()
    {
        foreach (var level in Enum.GetValues<LogLevel>())
            Assert.Equal(level, LogLevels.Parse(LogLevels.Name(level), LogLevel.Silent));
    }
}
