using System.Text.RegularExpressions;

namespace WireGuard.Tests.Structure;

/// <summary>What docs/conformance.md and docs/attack-surface.md name is there: a file or test that is renamed takes its line along.</summary>
public sealed partial class ConformanceDocumentTests
{
    private static readonly Lazy<string[]> s_testSources = new(() => [.. TestFiles().Select(File.ReadAllText)]);

    public static TheoryData<string> DocumentsWithTests => new("docs/conformance.md", "docs/wg-quick-parity.md");

    public static TheoryData<string> Documents => new("docs/conformance.md", "docs/attack-surface.md");

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_that_is_named_exists(string document)
    {
        var named = Named(document).Where(name => FilePath().IsMatch(name)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(Path.Exists(RepositoryFiles.PathOf(name)), $"{name} is not there"));
    }

    [Theory]
    [MemberData(nameof(DocumentsWithTests))]
    public void Every_test_that_is_named_exists(string document)
    {
        var named = Named(document).Where(name => TestName().IsMatch(name)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(Exists(name), $"{name} is not there"));
    }

    [Fact]
    public void Every_rule_has_code_and_a_test_or_says_why_not()
    {
        var rows = Rows("docs/conformance.md").ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            Assert.Equal(3, row.Length);
            Assert.All(row, Assert.NotEmpty);
            Assert.Contains(NameInCode().Matches(row[1]), match => FilePath().IsMatch(match.Groups[1].Value));
            Assert.True(
                row[2].StartsWith("not built: ", StringComparison.Ordinal) || NameInCode().Matches(row[2]).Any(match => TestName().IsMatch(match.Groups[1].Value)),
                $"{row[0]} has no test");
        });
    }

    // The method of a class of that name, in any file that holds a part of it.
    private static bool Exists(string name)
    {
        var (type, method) = (name.Split('.')[0], name.Split('.')[1]);
        return s_testSources.Value.Any(text =>
            Regex.IsMatch(text, $@"\bclass {type}\b") && Regex.IsMatch(text, $@"\b(void|Task) {method}\("));
    }

    private static IEnumerable<string> TestFiles() =>
        Directory.EnumerateFiles(RepositoryFiles.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<string> Named(string document) =>
        NameInCode().Matches(File.ReadAllText(RepositoryFiles.PathOf(document))).Select(match => match.Groups[1].Value).Distinct();

    // Without header lines and the lines below them.
    private static IEnumerable<string[]> Rows(string document)
    {
        var lines = File.ReadAllLines(RepositoryFiles.PathOf(document));
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].StartsWith('|') && !lines[i].StartsWith("|-", StringComparison.Ordinal) && !(i + 1 < lines.Length && lines[i + 1].StartsWith("|-", StringComparison.Ordinal)))
                yield return [.. lines[i].Trim('|').Split('|').Select(cell => cell.Trim())];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex NameInCode();

    [GeneratedRegex(@"^(src|tests|docs|eng)/[\w./-]+$")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"^\w+Tests\.\w+$")]
    private static partial Regex TestName();
}
