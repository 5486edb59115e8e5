using WireGuard.Bench;

// Bench --engine FILE --module DIRECTORY --document FILE [--only TITLE]: measures and rewrites the document's generated
// part, or of it the one section.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--engine") is not { } engine || Option("--module") is not { } module || Option("--document") is not { } document)
{
    Console.Error.WriteLine("usage: Bench --engine FILE --module DIRECTORY --document FILE [--only TITLE]");
    return 2;
}

engine = Path.GetFullPath(engine);
(string Title, Func<Section> Measure)[] all =
[
    (StartBench.Title, () => StartBench.Measure(engine)),
    (ModuleBench.Title, () => ModuleBench.Measure(Path.GetFullPath(module), engine)),
    (AeadBench.Title, AeadBench.Measure),
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
