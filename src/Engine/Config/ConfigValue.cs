namespace WireGuard.Configuration;

/// <summary>
/// What stands after a key, trimmed, with its place. A slice of the file's text, not a string, so that a private key can
/// be zeroed with the buffer that it was read into.
/// </summary>
internal readonly record struct ConfigValue(ConfigKey Key, ConfigPosition KeyPlace, ReadOnlyMemory<char> Memory, ConfigPosition Place)
{
    internal ReadOnlySpan<char> Text => Memory.Span;

    internal string Name => Key.Name;

    internal bool Is(string word) => Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    internal ConfigValue Slice(Range range)
    {
        var (offset, length) = range.GetOffsetAndLength(Memory.Length);
        return this with { Memory = Memory.Slice(offset, length), Place = Place with { Column = Place.Column + offset } };
    }

    internal ConfigValue Trim()
    {
        var start = Text.Length - Text.TrimStart().Length;
        return Slice(start..(start + Text.Trim().Length));
    }

    public override string ToString() => Key.Name;
}
