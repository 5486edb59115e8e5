using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace WireGuard.Libraries.Yaml;

/// <summary>Reads the one document of a text (YAML 1.2), without anchors, aliases and tags: a configuration says what it says where it says it.</summary>
internal static class YamlDocument
{
    // No configuration is nested as deep; the tree's readers call themselves for each level.
    private const int MaxDepth = 16;

    /// <summary>The document's value; null for a text without one.</summary>
    /// <exception cref="YamlSyntaxException">The text is not well-formed, or has what is not taken.</exception>
    internal static YamlValue? Read(TextReader text)
    {
        try
        {
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return null;
            parser.Consume<DocumentStart>();
            var value = ReadValue(parser, 0);
            parser.Consume<DocumentEnd>();
            return parser.Current is StreamEnd ? value : throw Refuse(parser.Current!, "There may be one document only in a file.");
        }
        catch (YamlException e)
        {
            throw new YamlSyntaxException((int)e.Start.Line, (int)e.Start.Column, $"This is not well-formed YAML. {Sentence(e)}", e);
        }
    }

    private static YamlValue ReadValue(Parser parser, int depth)
    {
        var start = parser.Current!;
        if (start is AnchorAlias || start is NodeEvent { Anchor.IsEmpty: false })
            throw Refuse(start, "Anchors and aliases (&, *) are not taken here; write the value where it is meant.");
        if (start is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false })
            throw Refuse(start, "Tags (!) are not taken here.");
        if (depth > MaxDepth)
            throw Refuse(start, $"Values are nested more than {MaxDepth} deep here.");
        var (line, column) = ((int)start.Start.Line, (int)start.Start.Column);
        parser.MoveNext();
        return start switch
        {
            Scalar scalar => new YamlText(scalar.Value, IsNull(scalar), line, column),
            SequenceStart => new YamlList(ReadItems(parser, depth), line, column),
            MappingStart => new YamlMap(ReadEntries(parser, depth), line, column),
            _ => throw Refuse(start, "A value is expected here."),
        };
    }

    private static List<YamlValue> ReadItems(Parser parser, int depth)
    {
        var items = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(ReadValue(parser, depth + 1));
        return items;
    }

    private static List<YamlEntry> ReadEntries(Parser parser, int depth)
    {
        var entries = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var start = parser.Current!;
            if (ReadValue(parser, depth + 1) is not YamlText key)
                throw Refuse(start, "A key is a word, not a list or a map.");
            entries.Add(new YamlEntry(key, ReadValue(parser, depth + 1)));
        }

        return entries;
    }

    private static bool IsNull(Scalar scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";

    private static string Sentence(YamlException e) => e.Message.TrimEnd() is var text && text.EndsWith('.') ? text : text + ".";

    private static YamlSyntaxException Refuse(ParsingEvent at, string message) => new((int)at.Start.Line, (int)at.Start.Column, message);
}
