using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Hosting;

/// <summary>A key of a section whose value in the file is to be another one; without a value its lines go.</summary>
/// <param name="Key">As the grammar spells it, or <see cref="Name"/>.</param>
internal sealed record ConfigEdit(string Key, string? Value = null)
{
    /// <summary>A peer's friendly name, which lives in a comment.</summary>
    public const string Name = "Name";

    /// <summary>The value, when it is a key: no string is made of it. The snapshot's own.</summary>
    public SecretKey? Secret { get; init; }

    /// <summary>Of a list: what of it stays where it stands, and what comes; null: <see cref="Value"/> takes the place of all of it.</summary>
    public ListEdit? List { get; init; }

    public bool Removes => Value is null && Secret is null;

    public override string ToString() => Key;
}

/// <param name="Stay">Where the items stand that stay as they are written.</param>
/// <param name="Come">Those that are not there yet.</param>
internal sealed record ListEdit(IReadOnlySet<ConfigPosition> Stay, IReadOnlyList<string> Come);

/// <summary>What becomes of a peer's section.</summary>
/// <param name="Line">Of its header, from 1; 0: there is no section yet.</param>
/// <param name="Goes">With all its lines.</param>
/// <param name="Edits">Of a new section, all its keys.</param>
internal sealed record PeerEdit(int Line, bool Goes, IReadOnlyList<ConfigEdit> Edits);
