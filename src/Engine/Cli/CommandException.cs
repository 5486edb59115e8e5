using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli;

/// <summary>Ends a command with a message for people on standard error and an exit code.</summary>
public class CommandException(ExitCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode Code { get; } = code;

    public static CommandException From(StartException failure) => new(CodeOf(failure.Id), failure.Message, failure);

    public static ExitCode CodeOf(StartErrorId id) => id switch
    {
        StartErrorId.AccessDenied => ExitCode.NoPermission,
        StartErrorId.ConfigNotFound => ExitCode.NotFound,
        StartErrorId.ConfigInvalid => ExitCode.ConfigInvalid,
        StartErrorId.InvalidValue => ExitCode.Usage,
        StartErrorId.TunnelExists => ExitCode.Exists,
        StartErrorId.EngineTimeout => ExitCode.Timeout,
        StartErrorId.TunNotAvailable or StartErrorId.CryptoUnavailable => ExitCode.NotAvailable,
        _ => ExitCode.Error,
    };
}
