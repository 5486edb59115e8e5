using System.Management.Automation;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>Finds what a text names: as it stands first, then as a wildcard.</summary>
internal static class NameChoice
{
    /// <summary>Those of that name, whatever characters it has; if there are none, those that it matches as a wildcard.</summary>
    /// <exception cref="WgException">InvalidValue: it is no wildcard, and nobody's name.</exception>
    internal static List<T> Named<T>(IEnumerable<T> all, string name, Func<T, string?> nameOf)
    {
        var named = all.Where(one => string.Equals(nameOf(one), name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (named.Count > 0)
            return named;
        try
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            return [.. all.Where(one => nameOf(one) is { } has && pattern.IsMatch(has))];
        }
        catch (WildcardPatternException e)
        {
            throw new WgException(ErrorIds.InvalidValue, $"{KeyLike.Quoted(name)} is nobody's name here, and no wildcard: {e.Message}", e);
        }
    }
}
