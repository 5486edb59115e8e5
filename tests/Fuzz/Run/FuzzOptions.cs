namespace WireGuard.Fuzz;

public sealed record FuzzOptions
{
    public int Seed { get; init; } = 1;

    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(10);

    public long MaxCases { get; init; } = long.MaxValue;

    /// <summary>The number of the first case; those before it are not run.</summary>
    public long FirstCase { get; init; }

    /// <summary>Directory for inputs that failed; null: they are only reported.</summary>
    public string? Artifacts { get; init; }

    /// <summary>After so many failures a run ends.</summary>
    public int MaxFailures { get; init; } = 10;
}

/// <param name="Alone">Whether the input fails without those before it.</param>
public sealed record FuzzFailure(string Target, int Seed, long Case, byte[] Input, Exception Exception, bool Alone)
{
    public override string ToString() => $"""
        {Target}: seed {Seed}, case {Case}, {(Alone ? "alone" : "only after the cases before it")}: {Exception.GetType().Name}: {Exception.Message}
        {Exception.StackTrace}
        input: {Convert.ToHexStringLower(Input)}
        """;
}

public sealed record FuzzResult(string Target, long Executions, TimeSpan Time, IReadOnlyList<FuzzFailure> Failures)
{
    public override string ToString() =>
        $"{Target}: {Executions} executions in {Time.TotalSeconds:F0} s, {Executions / Math.Max(Time.TotalSeconds, 0.001):F0}/s, {Failures.Count} failures";
}
