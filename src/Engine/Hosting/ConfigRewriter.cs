using System.Buffers;
using System.Buffers.Text;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Writes a configuration's text anew with other values. Lines that need not change stay as they are, comments, order and
/// spelling included. A comment goes with what it is about: one beside a value or right above a peer, not one that stands behind it by itself.
/// Of the text no string is made: there are keys in it.
/// </summary>
internal sealed class ConfigRewriter
{
    private readonly List<Line> _lines = [];
    private readonly string _newLine;

    /// <param name="text">One that the parser has found no error in.</param>
    public ConfigRewriter(ReadOnlyMemory<char> text)
    {
        for (var rest = text; !rest.IsEmpty;)
        {
            var end = rest.Span.IndexOf('\n');
            var line = end < 0 ? rest : rest[..(end + 1)];
            rest = rest[line.Length..];
            _lines.Add(new Line(line) { Number = _lines.Count + 1 });
        }

        _newLine = _lines is [var first, ..] && first.Text.Span.EndsWith("\r\n") ? "\r\n" : "\n";
    }

    public void Write(TunnelConfig file, SavePlan plan, IBufferWriter<byte> output)
    {
        var sections = plan.Peers.Where(p => p.Line > 0)
            .Select(p => (p.Line, p.Goes, Edits: p.Edits))
            .Append((file.Interface.Line, Goes: false, Edits: plan.Interface))
            .OrderBy(s => s.Line)
            .Select(s => (Begin: BeginOf(s.Line - 1), Header: s.Line - 1, s.Goes, s.Edits))
            .ToList();
        var result = new List<Line>(_lines.Take(sections[0].Begin));
        for (var i = 0; i < sections.Count; i++)
        {
            var (begin, header, goes, edits) = sections[i];
            var end = i + 1 < sections.Count ? sections[i + 1].Begin : _lines.Count;
            result.AddRange(goes ? Behind(_lines[begin..end]) : Edit(_lines[begin..end], header - begin, edits));
        }

        foreach (var peer in plan.Peers.Where(p => p.Line == 0))
            result.AddRange(Added(peer.Edits, needsGap: result is [.., { IsBlank: false }]));
        for (var i = 0; i < result.Count; i++)
            Write(result[i], isLast: i == result.Count - 1, output);
    }

    /// <summary>Where the comments begin that stand right above a header.</summary>
    private int BeginOf(int header)
    {
        while (header > 0 && _lines[header - 1].IsComment)
            header--;
        return header;
    }

    /// <summary>Comments after a section, with a gap before them, are about what follows or about all of it.</summary>
    private static List<Line> Behind(List<Line> section)
    {
        var gap = section.FindIndex(section.FindLastIndex(line => line.IsEntry || line.IsHeader), line => line.IsBlank);
        var comment = gap < 0 ? -1 : section.FindIndex(gap, line => line.IsComment);
        return comment < 0 ? [] : section[comment..];
    }

    private List<Line> Edit(List<Line> section, int header, IReadOnlyList<ConfigEdit> edits)
    {
        foreach (var edit in edits)
        {
            if (edit.List is { } list && section.Count(line => line.IsOf(edit.Key)) > 1)
            {
                EditList(section, edit.Key, list);
                continue;
            }

            var at = section.FindIndex(line => line.IsOf(edit.Key));
            if (at >= 0)
            {
                var first = section[at];
                section.RemoveAll(line => line != first && line.IsOf(edit.Key) && (edit.Key != ConfigEdit.Name || edit.Removes));
                at = section.IndexOf(first);
                if (first.With(edit) is { } changed)
                    section[at] = changed;
                else
                    section.RemoveAt(at);
            }
            else if (edit.Key == ConfigEdit.Name)
                section.Insert(section.FindIndex(line => line.IsHeader), NameLine(edit));
            else if (!edit.Removes)
                section.Insert(section.FindLastIndex(line => line.IsEntry || line.IsHeader) + 1, EntryLine(edit));
        }

        return section;
    }

    /// <summary>Of a list in several lines, each keeps what stays of it.</summary>
    private void EditList(List<Line> section, string key, ListEdit list)
    {
        var come = list.Come.Count == 0 ? null : string.Join(", ", list.Come);
        var last = -1;
        for (var at = 0; at < section.Count; at++)
        {
            if (!section[at].IsOf(key))
                continue;
            var left = section[at].Keeping(list.Stay);
            // What comes takes the place of what goes, if it can.
            if (left is null && come is not null)
                (left, come) = (section[at].With(new ConfigEdit(key, come)), null);
            if (left is null)
            {
                section.RemoveAt(at--);
                continue;
            }

            section[at] = left;
            last = at;
        }

        if (come is not null)
            section.Insert(last + 1, EntryLine(new ConfigEdit(key, come)));
    }

    private IEnumerable<Line> Added(IReadOnlyList<ConfigEdit> edits, bool needsGap)
    {
        if (needsGap)
            yield return new Line(_newLine.AsMemory());
        if (edits.FirstOrDefault(e => e.Key == ConfigEdit.Name) is { } name)
            yield return NameLine(name);
        yield return new Line($"[Peer]{_newLine}".AsMemory());
        foreach (var edit in edits.Where(e => e.Key != ConfigEdit.Name && !e.Removes))
            yield return EntryLine(edit);
    }

    private Line NameLine(ConfigEdit edit) => new($"# Name = {edit.Value}{_newLine}".AsMemory());

    private Line EntryLine(ConfigEdit edit) => new($"{edit.Key} = {edit.Value}".AsMemory()) { Secret = edit.Secret, Tail = _newLine.AsMemory() };

    private void Write(Line line, bool isLast, IBufferWriter<byte> output)
    {
        Encoding.UTF8.GetBytes(line.Text.Span, output);
        if (line.Secret is { } secret)
        {
            Base64.EncodeToUtf8(secret.Span, output.GetSpan(KeyText.Base64Length), out _, out var written);
            output.Advance(written);
        }

        Encoding.UTF8.GetBytes(line.Tail.Span, output);
        // The text's last line may have had no end; now others come after it.
        if (!isLast && !(line.Tail.IsEmpty ? line.Text : line.Tail).Span.EndsWith("\n"))
            Encoding.UTF8.GetBytes(_newLine, output);
    }

    /// <summary>A line with its end; when it was changed, what stands before a secret and what after it.</summary>
    private sealed class Line(ReadOnlyMemory<char> text)
    {
        private const char ByteOrderMark = '\uFEFF';

        public ReadOnlyMemory<char> Text => text;

        /// <summary>In the text, from 1; 0: it was not there.</summary>
        public int Number { get; init; }

        public SecretKey? Secret { get; init; }

        public ReadOnlyMemory<char> Tail { get; init; }

        public bool IsBlank => Content.IsEmpty;

        public bool IsComment => Content is ['#', ..];

        public bool IsHeader => Content is ['[', ..];

        public bool IsEntry => !IsBlank && !IsComment && !IsHeader;

        private ReadOnlySpan<char> Content => text.Span.TrimStart(ByteOrderMark).Trim();

        /// <summary>Whether a value of that key stands here.</summary>
        public bool IsOf(string key) => key == ConfigEdit.Name
            ? (IsComment || IsHeader) && FindName(out _) >= 0
            : IsEntry && ConfigGrammar.Find(Content[..Content.IndexOf('=')].TrimEnd())?.Name == key;

        /// <summary>The line with another value, its comment and what stands before the value kept; null: nothing is left of it.</summary>
        public Line? With(ConfigEdit edit)
        {
            if (edit.Key == ConfigEdit.Name)
                return WithName(edit.Value);
            if (edit.Removes)
                return null;
            var (begin, end) = FindValue();
            return new Line(string.Concat(text.Span[..begin], edit.Value).AsMemory()) { Secret = edit.Secret, Tail = text[end..] };
        }

        /// <summary>The line with those items of its list alone that stand in these places; null: there are none.</summary>
        public Line? Keeping(IReadOnlySet<ConfigPosition> places)
        {
            var (begin, end) = FindValue();
            var (all, kept) = (0, new List<string>());
            for (var at = begin; at < end;)
            {
                var next = at;
                while (next < end && text.Span[next] != ',' && !char.IsWhiteSpace(text.Span[next]))
                    next++;
                if (next > at)
                {
                    all++;
                    if (places.Contains(new ConfigPosition(Number, at + 1)))
                        kept.Add(text[at..next].ToString());
                }

                at = next + 1;
            }

            return kept.Count == 0 ? null
                : kept.Count == all ? this
                : new Line(string.Concat(text.Span[..begin], string.Join(", ", kept), text.Span[end..]).AsMemory());
        }

        private (int Begin, int End) FindValue()
        {
            var begin = text.Span.IndexOf('=') + 1;
            while (begin < text.Length && text.Span[begin] is ' ' or '\t')
                begin++;
            var hash = text.Span[begin..].IndexOf('#');
            return (begin, begin + text.Span[begin..(hash < 0 ? text.Length : begin + hash)].TrimEnd().Length);
        }

        private Line? WithName(string? name)
        {
            var at = FindName(out var length);
            if (name is not null)
                return new Line(string.Concat(text.Span[..at], name, text.Span[(at + length)..]).AsMemory());
            if (IsComment)
                return null;
            var hash = text.Span.IndexOf('#');
            return new Line(string.Concat(text.Span[..hash].TrimEnd(), text.Span[text.Span.TrimEnd().Length..]).AsMemory());
        }

        private int FindName(out int length)
        {
            length = 0;
            var hash = text.Span.IndexOf('#');
            if (hash < 0 || !FriendlyName.TryFindInComment(text.Span[hash..].TrimEnd(), out var name))
                return -1;
            length = name.Length;
            return text.Span.TrimEnd().Length - name.Length;
        }
    }
}
