namespace WireGuard.Bench.EndToEnd;

/// <summary>An implementation to measure: a program that makes the interface named last and stays in the foreground.</summary>
/// <param name="Program">Null: no tunnel, the bare cable.</param>
/// <param name="Arguments">Before the interface's name.</param>
internal sealed record Contender(string Name, string? Program, params string[] Arguments)
{
    public const string Ours = "this engine";
    public const string Bare = "bare veth";
    public const string WireGuardGo = "wireguard-go";
    public const string BoringTun = "boringtun";

    /// <summary>Variables of its environment; null: none but ours.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>More of them, or others in the place of those on the PATH: NAME=PROGRAM, separated by commas.</summary>
    public const string Variable = "WIREGUARD_BENCH_PEERS";

    /// <summary>The cable, our engine, and whatever else is there.</summary>
    public static IReadOnlyList<Contender> Find(string engine)
    {
        Contender[] known =
        [
            new(WireGuardGo, "wireguard-go", "-f"),
            new(BoringTun, "boringtun-cli", "-f", "--disable-drop-privileges"),
            new("gotatun", "gotatun", "-f", "--disable-drop-privileges", "-v", "error"),
        ];
        var found = known.Where(contender => OnPath(contender.Program!)).ToDictionary(contender => contender.Name);
        foreach (var named in (System.Environment.GetEnvironmentVariable(Variable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (named.Split('=', 2) is not [var name, var program] || !File.Exists(program))
                throw new InvalidOperationException($"{Variable}: '{named}' is not NAME=PROGRAM with a program that is there.");
            var like = known.FirstOrDefault(contender => name.StartsWith(contender.Name, StringComparison.Ordinal));
            found[name] = new Contender(name, Path.GetFullPath(program), like?.Arguments ?? ["-f"]);
        }

        return [new(Bare, null), new(Ours, engine, "-f"), .. found.Values.OrderBy(contender => contender.Name, StringComparer.Ordinal)];
    }

    private static bool OnPath(string program) =>
        (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
