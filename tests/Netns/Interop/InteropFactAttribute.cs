namespace WireGuard.Tests.Interop;

/// <summary>A test with real programs in network namespaces; skipped with the reason where something is missing.</summary>
public sealed class InteropFactAttribute : FactAttribute
{
    /// <param name="programs">What it needs besides root, namespaces and the engine's executable.</param>
    public InteropFactAttribute(params string[] programs) => Skip = InteropRequirement.Missing(programs);
}

/// <inheritdoc cref="InteropFactAttribute"/>
public sealed class InteropTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="InteropFactAttribute(string[])"/>
    public InteropTheoryAttribute(params string[] programs) => Skip = InteropRequirement.Missing(programs);
}
