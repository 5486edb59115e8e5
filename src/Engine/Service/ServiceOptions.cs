namespace WireGuard.Engine.Service;

/// <summary>What the service of one tunnel has of its own.</summary>
internal sealed record ServiceOptions(string Tunnel)
{
    /// <summary>Options of `run`; none has a space in it.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Where its file is looked for, unless in the usual place.</summary>
    public string? ConfigDirectory { get; init; }

    /// <summary>Where the file is that links lead to, unless in the usual place.</summary>
    public string? FileDirectory { get; init; }

    /// <summary>The engine, of a tunnel that others join: it is made of its state instead of a file. Null: it is made of a file.</summary>
    public IReadOnlyList<string>? Serves { get; init; }

    /// <summary>Above the directory of that state, unless in the usual place.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Commands of the file are whatever their writer wants them to be.</summary>
    public bool AllowsHooks { get; init; }
}
