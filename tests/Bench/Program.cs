using WireGuard.Bench;

// Bench --engine FILE --module DIRECTORY --document FILE: measures and rewrites the document's generated section.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--engine") is not { } engine || Option("--module") is not { } module || Option("--document") is not { } document)
{
    Console.Error.WriteLine("usage: Bench --engine FILE --module DIRECTORY --document FILE");
    return 2;
}

Section[] sections =
[
    StartBench.Measure(Path.GetFullPath(engine)),
    ModuleBench.Measure(Path.GetFullPath(module), Path.GetFullPath(engine)),
    AeadBench.Measure(),
];
Document.Rewrite(document, sections);
foreach (var section in sections)
    Console.WriteLine(section.ToMarkdown());
Console.WriteLine($"written to {document}");
return 0;
