using System.Globalization;
using WireGuard.Bench;
using WireGuard.Bench.EndToEnd;
using WireGuard.Bench.Micro;

// Bench --engine FILE --module DIRECTORY --document FILE [--only TITLE] [--repetitions N]: measures and rewrites the document's generated
// part, or of it the one section.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--engine") is not { } engine || Option("--module") is not { } module || Option("--document") is not { } document)
{
    Console.Error.WriteLine("usage: Bench --engine FILE --module DIRECTORY --document FILE [--only TITLE] [--repetitions N]");
    return 2;
}

int? repetitions = null;
if (Option("--repetitions") is { } count)
{
    if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
    {
        Console.Error.WriteLine($"--repetitions {count}: a number from 1 on is needed");
        return 2;
    }

    repetitions = number;
}

engine = Path.GetFullPath(engine);
(string Title, Func<Section> Measure)[] all =
[
    (EndToEndBench.Title, () => EndToEndBench.Measure(engine, document, repetitions)),
    (LanesBench.Title, () => LanesBench.Measure(engine, repetitions)),
    (StartBench.Title, () => StartBench.Measure(engine)),
    (ModuleBench.Title, () => ModuleBench.Measure(Path.GetFullPath(module), engine)),
    (AeadBench.Title, AeadBench.Measure),
    (HashBench.Title, HashBench.Measure),
    (RoutingBench.Title, RoutingBench.Measure),
    (OffloadBench.Title, OffloadBench.Measure),
    (DeviceBench.Title, DeviceBench.Measure),
    (HandshakeBench.Title, HandshakeBench.Measure),
    (EnrollmentBench.Title, EnrollmentBench.Measure),
    (IdleBench.Title, IdleBench.Measure),
    (FloodBench.Title, () => FloodBench.Measure(engine)),
];
var only = Option("--only");
Section[] sections = [.. all.Where(s => only is null || s.Title == only).Select(s => s.Measure())];
if (sections.Length == 0)
{
    Console.Error.WriteLine($"no such section; there are: {string.Join(", ", all.Select(s => s.Title))}");
    return 2;
}

if (only is null)
    Document.Rewrite(document, sections);
else
    Document.Replace(document, sections[0]);
foreach (var section in sections)
    Console.WriteLine(section.ToMarkdown());
Console.WriteLine($"written to {document}");
return 0;
