namespace WireGuard.Errors;

/// <summary>
/// What went wrong, told by one of <see cref="ErrorIds"/>. The message is for people and never holds a secret.
/// </summary>
internal sealed class WgException(string errorId, string message, Exception? inner = null) : Exception(message, inner)
{
    internal string ErrorId { get; } = errorId;

    /// <summary>What to do in this very case; null: what <see cref="ErrorCatalog"/> has for all of the id.</summary>
    internal string? Advice { get; init; }

    /// <summary>Several faults of one thing, each a message of its own; empty: <see cref="Exception.Message"/> is the only one.</summary>
    internal IReadOnlyList<string> Faults { get; init; } = [];

    /// <exception cref="ArgumentException">There are none.</exception>
    internal static WgException Of(string errorId, IReadOnlyList<string> faults) => faults.Count == 0
        ? throw new ArgumentException("An error needs a fault.", nameof(faults))
        : new(errorId, string.Join(Environment.NewLine, faults)) { Faults = faults };

    /// <summary>One for each fault, so that each is told by itself.</summary>
    internal IEnumerable<WgException> Each() => Faults.Count < 2 ? [this] : Faults.Select(fault => new WgException(ErrorId, fault, this) { Advice = Advice });
}
