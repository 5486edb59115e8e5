using System.Text.RegularExpressions;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>What the engine says on standard error, for somebody who uses cmdlets and knows nothing of its command line.</summary>
internal static partial class EngineWords
{
    private const string Speaker = "wireguard-engine: ";
    private const string Advice = "Try `wireguard-engine --help`.";

    // Its exit codes.
    private const int Usage = 2;
    private const int NoPermission = 3;
    private const int NotFound = 4;
    private const int ConfigInvalid = 8;

    private static readonly Dictionary<string, string> s_parameters = new()
    {
        ["--allow-hooks"] = "-AllowHook",
        ["--control-group"] = "-ControlGroup",
        ["--control-group-write"] = "-ControlGroupWrite",
        ["--exclude-route"] = "-ExcludeRoute",
        ["--forward"] = "-Forward",
        ["--kill-switch"] = "-KillSwitch",
        ["--masquerade"] = "-Masquerade",
        ["--netns"] = "-NetNs",
        ["--no-enable"] = "-NoEnable",
        ["--queues"] = "-QueueCount",
        ["--socket-netns"] = "-SocketNetNs",
        ["--start"] = "-Start",
        ["--stop"] = "-Stop",
        ["--timeout"] = "-Timeout",
    };

    /// <summary>Its sentences alone, options by the names of the parameters that stand for them.</summary>
    internal static string ForShell(string said)
    {
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.StartsWith(Speaker, StringComparison.Ordinal) ? line[Speaker.Length..] : line)
            .Where(line => line != Advice);
        return Option().Replace(string.Join(Environment.NewLine, lines), option => s_parameters.GetValueOrDefault(option.Value, option.Value));
    }

    /// <summary>The ErrorId that an exit code stands for.</summary>
    /// <param name="other">Of every other one.</param>
    internal static string ErrorIdOf(int exitCode, string other) => exitCode switch
    {
        Usage => ErrorIds.InvalidValue,
        NoPermission => ErrorIds.AccessDenied,
        NotFound => ErrorIds.ConfigNotFound,
        ConfigInvalid => ErrorIds.ConfigInvalid,
        _ => other,
    };

    [GeneratedRegex("--[a-z]+(-[a-z]+)*")]
    private static partial Regex Option();
}
