namespace WireGuard.Engine.Cli;

/// <summary>Tells a verb with a slip of the finger, or one of another program, from an interface's name, which may be any word.</summary>
internal static class MistypedVerb
{
    /// <summary>Shorter words are near to too much.</summary>
    private const int MinLength = 3;

    /// <summary>The verb that is one slip away from a word of small letters, or that other programs call so; null: none.</summary>
    public static string? Find(string word, IEnumerable<string> verbs) => word switch
    {
        "start" or "add" or "create" or "restart" => "up",
        "stop" or "remove" or "delete" or "kill" => "down",
        "status" or "list" or "ls" or "info" or "peers" => "show",
        "version" => "--version",
        _ when word.EndsWith(".conf", StringComparison.Ordinal) => $"up {word}",
        _ when word.Length >= MinLength && word.All(char.IsAsciiLetterLower) => verbs.FirstOrDefault(verb => IsOneSlipAway(word, verb)),
        _ => null,
    };

    /// <summary>One letter more, less or other, or two neighbours swapped.</summary>
    private static bool IsOneSlipAway(string word, string verb)
    {
        if (Math.Abs(word.Length - verb.Length) > 1 || word == verb)
            return false;
        var same = word.AsSpan().CommonPrefixLength(verb);
        ReadOnlySpan<char> typed = word.AsSpan(same), meant = verb.AsSpan(same);
        if (typed.Length != meant.Length)
            return typed.Length > meant.Length ? typed[1..].SequenceEqual(meant) : meant[1..].SequenceEqual(typed);
        return typed[1..].SequenceEqual(meant[1..])
            || (typed.Length >= 2 && typed[0] == meant[1] && typed[1] == meant[0] && typed[2..].SequenceEqual(meant[2..]));
    }
}
