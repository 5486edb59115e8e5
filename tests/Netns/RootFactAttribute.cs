namespace WireGuard.Tests;

/// <summary>A test that needs root, network namespaces and TUN; skipped with the reason where one is missing.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = RootRequirement.Missing;
}

/// <inheritdoc cref="RootFactAttribute"/>
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = RootRequirement.Missing;
}
