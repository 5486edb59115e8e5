using System.Globalization;
using WireGuard.Fuzz;

if (args is ["enroll-until-killed", var directory])
    return EnrollUntilKilled.Run(directory);

// Fuzz [--target NAME] [--seconds N] [--seed N] [--case N] [--artifacts DIRECTORY] [--input FILE]
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
long? Number(string name) => Option(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

var chosen = Option("--target");
if (args.Where((_, i) => i % 2 == 0).Any(a => a is not ("--target" or "--seconds" or "--seed" or "--case" or "--artifacts" or "--input"))
    || args.Length % 2 != 0
    || (chosen is not null && !FuzzTargets.Names.Contains(chosen))
    || (chosen is null && Option("--input") is not null))
{
    Console.Error.WriteLine("usage: Fuzz [--target NAME] [--seconds N] [--seed N] [--case FIRST] [--artifacts DIRECTORY] [--input FILE.hex, with --target]");
    Console.Error.WriteLine($"targets: {string.Join(", ", FuzzTargets.Names)}");
    return 2;
}

if (Option("--input") is { } file)
{
    var problem = FuzzRun.Try(chosen!, Corpus.Parse(File.ReadAllText(file)));
    Console.WriteLine(problem?.ToString() ?? "does no harm");
    return problem is null ? 0 : 1;
}

var options = new FuzzOptions
{
    Seed = (int)(Number("--seed") ?? 1),
    Time = TimeSpan.FromSeconds(Number("--seconds") ?? 10),
    FirstCase = Number("--case") ?? 0,
    Artifacts = Option("--artifacts"),
};
var failures = 0;
foreach (var name in FuzzTargets.Names.Where(name => chosen is null || name == chosen))
{
    var result = FuzzRun.Run(name, options, Console.WriteLine);
    Console.WriteLine(result);
    failures += result.Failures.Count;
}

return failures == 0 ? 0 : 1;
