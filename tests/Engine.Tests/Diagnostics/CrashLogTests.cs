using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public sealed class CrashLogTests
{
    [Fact]
    public void A_crash_is_one_line_with_type_and_place_but_without_the_exceptions_words()
    {
        var log = new CapturingLog();

        CrashLog.Tell(log, Thrown());

        var line = Assert.Single(log.Messages);
        Assert.Contains("System.InvalidOperationException", line);
        Assert.Contains("caused by System.FormatException", line);
        Assert.Contains(nameof(Thrown), line);
        Assert.DoesNotContain("secret", line);
        Assert.DoesNotContain('\n', line);
    }

    private static Exception Thrown()
    {
        try
        {
            throw new InvalidOperationException("secret", new FormatException("secret too"));
        }
        catch (InvalidOperationException failure)
        {
            return failure;
        }
    }
}
