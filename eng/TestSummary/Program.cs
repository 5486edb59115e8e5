using WireGuard.Build;

// TestSummary DIRECTORY: reads the results of all suites there, prints what was skipped and what failed, and the
// closing line last. Exit code 0 when tests ran and none failed.
if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: TestSummary RESULT_DIRECTORY");
    return 2;
}

var results = ResultReader.ReadDirectory(args[0]);

foreach (var group in results.Where(r => r.Outcome == Outcome.Skipped).GroupBy(r => r.Detail).OrderBy(g => g.Key))
{
    Console.WriteLine($"skipped, {group.Key.TrimEnd('.')}:");
    foreach (var result in group)
        Console.WriteLine($"  {result.Suite}: {result.Name}{(result.Count > 1 ? $" ({result.Count} tests)" : "")}");
}

foreach (var result in results.Where(r => r.Outcome == Outcome.Failed))
{
    Console.WriteLine($"failed: {result.Suite}: {result.Name}");
    Console.WriteLine("  " + result.Detail.ReplaceLineEndings("\n").Trim().Replace("\n", "\n  "));
}

var passed = results.Where(r => r.Outcome == Outcome.Passed).Sum(r => r.Count);
var failed = results.Where(r => r.Outcome == Outcome.Failed).Sum(r => r.Count);
var skipped = results.Where(r => r.Outcome == Outcome.Skipped).Sum(r => r.Count);
Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return failed == 0 && passed > 0 ? 0 : 1;
