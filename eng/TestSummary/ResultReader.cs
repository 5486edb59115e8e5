using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace WireGuard.Build;

public enum Outcome
{
    Passed,
    Failed,
    Skipped,
}

/// <param name="Detail">Why it was skipped or how it failed.</param>
/// <param name="Count">More than 1 only where a whole suite was not run.</param>
public sealed record TestResult(string Suite, string Name, Outcome Outcome, string Detail = "", int Count = 1);

/// <summary>
/// Reads what a test run left in a directory: SUITE.trx (Visual Studio test results), SUITE.xml (JUnit, as Pester writes
/// it), SUITE.exitcode, and SUITE.notrun (reason and test folder on a line each).
/// </summary>
public static partial class ResultReader
{
    public static IReadOnlyList<TestResult> ReadDirectory(string directory)
    {
        var results = new List<TestResult>();
        foreach (var file in Directory.GetFiles(directory).Order(StringComparer.Ordinal))
        {
            var suite = Path.GetFileNameWithoutExtension(file);
            switch (Path.GetExtension(file))
            {
                case ".exitcode":
                    results.AddRange(ReadSuite(directory, suite, File.ReadAllText(file).Trim()));
                    break;
                case ".notrun":
                    results.Add(ReadNotRun(suite, File.ReadAllLines(file)));
                    break;
            }
        }

        return results;
    }

    /// <summary>A suite's results; a suite that left none, or failed without a failed test, counts as one failure.</summary>
    private static List<TestResult> ReadSuite(string directory, string suite, string exitCode)
    {
        var results = new List<TestResult>();
        try
        {
            var trx = Path.Combine(directory, suite + ".trx");
            var xml = Path.Combine(directory, suite + ".xml");
            if (File.Exists(trx))
                results.AddRange(ReadTrx(suite, XDocument.Load(trx)));
            else if (File.Exists(xml))
                results.AddRange(ReadJUnit(suite, XDocument.Load(xml)));
        }
        catch (XmlException e)
        {
            results.Add(new TestResult(suite, "(results)", Outcome.Failed, "The result file is broken: " + e.Message));
        }

        if (exitCode == "0" && results.Count == 0)
            results.Add(new TestResult(suite, "(the whole suite)", Outcome.Failed, "No test of it ran."));
        if (exitCode != "0" && !results.Any(r => r.Outcome == Outcome.Failed))
            results.Add(new TestResult(suite, "(the whole suite)", Outcome.Failed, $"It ended with exit code {exitCode} and no failed test: it crashed or was aborted."));
        return results;
    }

    public static IEnumerable<TestResult> ReadTrx(string suite, XDocument document) =>
        from result in document.Descendants()
        where result.Name.LocalName == "UnitTestResult"
        let output = result.Elements().FirstOrDefault(e => e.Name.LocalName == "Output")
        let error = output?.Elements().FirstOrDefault(e => e.Name.LocalName == "ErrorInfo")
        let detail = string.Join('\n', error?.Elements().Select(e => e.Value) ?? [])
        let text = output?.Elements().FirstOrDefault(e => e.Name.LocalName == "StdOut")?.Value
        let name = (string?)result.Attribute("testName") ?? "(unnamed)"
        select (string?)result.Attribute("outcome") switch
        {
            "Passed" => new TestResult(suite, name, Outcome.Passed),
            "NotExecuted" => new TestResult(suite, name, Outcome.Skipped, Reason(detail.Length > 0 ? detail : text)),
            var other => new TestResult(suite, name, Outcome.Failed, detail.Length > 0 ? detail : other ?? "no outcome"),
        };

    public static IEnumerable<TestResult> ReadJUnit(string suite, XDocument document) =>
        from test in document.Descendants("testcase")
        let name = (string?)test.Attribute("name") ?? "(unnamed)"
        let status = (string?)test.Attribute("status")
        let skipped = test.Element("skipped")
        let failure = test.Element("failure") ?? test.Element("error")
        select failure is not null ? new TestResult(suite, name, Outcome.Failed, $"{(string?)failure.Attribute("message")}\n{failure.Value}")
            : skipped is not null ? new TestResult(suite, name, Outcome.Skipped, Reason(((string?)skipped.Attribute("message"))?.Replace("Exception: is skipped, because ", "")))
            : status is null or "Passed" ? new TestResult(suite, name, Outcome.Passed)
            : new TestResult(suite, name, Outcome.Failed, "status " + status);

    /// <summary>Counts the tests of a Pester folder that was not run: its It blocks.</summary>
    private static TestResult ReadNotRun(string suite, string[] lines)
    {
        var tests = lines.Length > 1 && Directory.Exists(lines[1])
            ? Directory.GetFiles(lines[1], "*.Tests.ps1", SearchOption.AllDirectories).Sum(f => ItBlock().Count(File.ReadAllText(f)))
            : 1;
        return new TestResult(suite, "(the whole suite)", Outcome.Skipped, lines.Length > 0 ? lines[0] : "no reason given", Math.Max(1, tests));
    }

    private static string Reason(string? text) => string.IsNullOrWhiteSpace(text) ? "no reason given" : text.Trim();

    [GeneratedRegex(@"^\s*It\s+['""]", RegexOptions.Multiline)]
    private static partial Regex ItBlock();
}
