using WireGuard.Fuzz;

namespace WireGuard.Tests.Fuzzing;

/// <summary>The fuzzers, for a bounded time; tests/Fuzz tells how to run them for longer.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    public static TheoryData<string> Inputs => [.. Corpus.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Nothing_invented_does_harm(string target)
    {
        var result = FuzzRun.Run(target, new FuzzOptions { Seed = 20_261_125, Time = TimeSpan.FromSeconds(2), MaxFailures = 1 });
        Assert.True(result.Failures.Count == 0, string.Join('\n', result.Failures));
        Assert.InRange(result.Executions, 1, long.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void What_once_did_harm_does_none(string input) => Assert.Null(FuzzRun.Try(Corpus.TargetOf(input), Corpus.Read(input)));
}
