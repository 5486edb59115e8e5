using WireGuard.Libraries.Yaml;

namespace WireGuard.Tests.Topology;

public sealed class YamlDocumentTests
{
    [Fact]
    public void Values_have_their_places()
    {
        var map = Assert.IsType<YamlMap>(Read("a: 1\nb:\n  - x\n  - 'y z'\nc: {d: ~}\n"));

        Assert.Equal(["a", "b", "c"], map.Entries.Select(e => e.Key.Text));
        Assert.Equal(new YamlText("1", false, 1, 4), map.Entries[0].Value);
        var list = Assert.IsType<YamlList>(map.Entries[1].Value);
        Assert.Equal([new YamlText("x", false, 3, 5), new YamlText("y z", false, 4, 5)], list.Items);
        Assert.Equal(new YamlText("~", true, 5, 8), Assert.IsType<YamlMap>(map.Entries[2].Value).Entries[0].Value);
    }

    [Fact]
    public void Keys_that_come_twice_are_both_there() => Assert.Equal([1, 2], Assert.IsType<YamlMap>(Read("a: 1\na: 2")).Entries.Select(e => e.Key.Line));

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n\n")]
    public void A_text_without_a_document_is_nothing(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData("a: [1, 2", 2, 1)]
    [InlineData("a: b: c", 1, 5)]
    [InlineData("a: 1\n  b: 2", 2, 4)]
    [InlineData("a: &x 1\nb: *x", 1, 4)]
    [InlineData("a: 1\nb: *x", 2, 4)]
    [InlineData("a: !!binary aGk=", 1, 4)]
    [InlineData("a: 1\n---\nb: 2", 2, 1)]
    [InlineData("[a, b]: 1", 1, 1)]
    public void What_is_not_taken_is_named_with_its_place(string text, int line, int column)
    {
        var refused = Assert.Throws<YamlSyntaxException>(() => Read(text));

        Assert.Equal((line, column), (refused.Line, refused.Column));
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_is_bounded() =>
        Assert.Contains("deep", Assert.Throws<YamlSyntaxException>(() => Read(new string('[', 100_000))).Message, StringComparison.Ordinal);

    private static YamlValue? Read(string text)
    {
        using var reader = new StringReader(text);
        return YamlDocument.Read(reader);
    }
}
