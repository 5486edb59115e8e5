using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli;

/// <summary>A join that came to nothing, with the stable error id that its report has.</summary>
internal sealed class JoinFailure(string errorId, ExitCode code, string message, Exception? inner = null) : CommandException(code, message, inner)
{
    public const string InvalidInvitation = "InvalidInvitation";
    public const string InvalidValue = "InvalidValue";

    public string ErrorId { get; } = errorId;

    /// <param name="advice">More to say, after the message.</param>
    public static JoinFailure From(JoinException failure, string advice = "") => new(
        failure.Failure switch
        {
            ClientFailure.NoAnswer => "JoinTimeout",
            ClientFailure.WrongCode => "WrongCode",
            ClientFailure.NotConfirmed or ClientFailure.OtherServer => "ServerNotTrusted",
            _ => "JoinRefused",
        },
        failure.Failure == ClientFailure.NoAnswer ? ExitCode.Timeout : ExitCode.Error,
        failure.Message + advice,
        failure);

    /// <summary>What a report says of a failure of whatever kind; null: of one that is a defect of ours.</summary>
    public static StartReport? Describe(Exception failure) => failure switch
    {
        JoinFailure join => new StartReport { ErrorId = join.ErrorId, Message = join.Message },
        StartException start => new StartReport { ErrorId = start.Id.ToString(), Message = start.Message },
        UnauthorizedAccessException denied => new StartReport { ErrorId = nameof(StartErrorId.AccessDenied), Message = denied.Message },
        Crypto.CryptoUnavailableException crypto => new StartReport { ErrorId = nameof(StartErrorId.CryptoUnavailable), Message = crypto.Message },
        CommandException or IOException => new StartReport { ErrorId = nameof(StartErrorId.EngineFailed), Message = failure.Message },
        _ => null,
    };

    /// <summary>One JSON line on standard output.</summary>
    public static void Write(StartReport report) => Console.Out.WriteLine(JsonSerializer.Serialize(report, ControlJsonContext.Default.StartReport));
}
