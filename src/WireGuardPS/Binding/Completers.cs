using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace WireGuard.Binding;

/// <summary>Filters candidates by what has been typed and quotes what needs it.</summary>
internal abstract class Completer : IArgumentCompleter
{
    public virtual IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        foreach (var candidate in Matching(Candidates(CompletionSource.Current, fakeBoundParameters), wordToComplete))
            yield return new CompletionResult(Quote(candidate.Value), candidate.Label, CompletionResultType.ParameterValue, candidate.Label);
    }

    /// <summary>Those whose value or label begins with the word, whatever quotes it has.</summary>
    internal static IEnumerable<Candidate> Matching(IEnumerable<Candidate> candidates, string? word)
    {
        var typed = (word ?? "").Trim('\'', '"');
        return candidates.Where(c => c.Value.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
            || c.Label.StartsWith(typed, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>As one word that is nothing but this text: PowerShell knows more quotes than one, and a dash begins a parameter.</summary>
    internal static string Quote(string value) =>
        value is "" or ['-', ..] || value.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '/' or '+'))
            ? "'" + string.Concat(value.Select(c => IsQuote(c) ? $"{c}{c}" : $"{c}")) + "'"
            : value;

    // Those of typesetters end a string as well.
    private static bool IsQuote(char letter) => letter is '\'' or (>= '\u2018' and <= '\u201b');

    private protected abstract IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound);

    private protected static string? TunnelOf(IDictionary bound) => bound["Tunnel"] as string ?? (bound["Tunnel"] as object[])?.FirstOrDefault() as string;
}

/// <summary>Names of running tunnels.</summary>
internal sealed class TunnelNameCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Tunnels();
}

/// <summary>Names of configurations in /etc/wireguard.</summary>
internal sealed class ConfigNameCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Configurations();
}

/// <summary>Names of configurations in /etc/wireguard, and configuration files and folders.</summary>
internal sealed class ConfigCompleter : Completer
{
    private const string Extension = ".conf";

    public override IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        [.. base.CompleteArgument(commandName, parameterName, wordToComplete, commandAst, fakeBoundParameters), .. Files(wordToComplete)];

    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Configurations();

    private static List<CompletionResult> Files(string word)
    {
        try
        {
            return [.. CompletionCompleters.CompleteFilename(word).Where(found => found.ResultType == CompletionResultType.ProviderContainer || found.ListItemText.EndsWith(Extension, StringComparison.Ordinal))];
        }
        catch (Exception)
        {
            // As everywhere in completion: whatever goes wrong, there is just nothing to offer.
            return [];
        }
    }
}

/// <summary>Names of network namespaces.</summary>
internal sealed class NamespaceCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Namespaces();
}

/// <summary>Names of the machine's groups.</summary>
internal sealed class GroupCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.Groups();
}

/// <summary>Public keys of the peers of the tunnel that was named.</summary>
internal sealed class PeerKeyCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.PeerKeys(TunnelOf(bound));
}

/// <summary>Friendly names of the peers of the tunnel that was named.</summary>
internal sealed class PeerNameCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) => source.PeerNames(TunnelOf(bound));
}
