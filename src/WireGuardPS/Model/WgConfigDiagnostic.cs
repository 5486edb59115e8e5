using WireGuard.Configuration;

namespace WireGuard;

/// <summary>Something wrong or doubtful in a configuration file, and where.</summary>
public sealed class WgConfigDiagnostic
{
    /// <summary>"Error" or "Warning"; an error refuses the file.</summary>
    public required string Severity { get; init; }

    /// <summary>Stable name of the problem, for scripts, as "UnknownKey".</summary>
    public required string Id { get; init; }

    public required string Message { get; init; }

    public required string Path { get; init; }

    /// <summary>From 1; 0 when it is about the whole file.</summary>
    public int Line { get; init; }

    /// <summary>From 1; 0 when it is about the whole line.</summary>
    public int Column { get; init; }

    /// <summary>"wg0.conf:3:14: error: ...", as compilers write it.</summary>
    public override string ToString() => new ConfigDiagnostic(Enum.Parse<ConfigSeverity>(Severity), Id, Message, Path, Line, Column).ToString();
}
