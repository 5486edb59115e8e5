using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Cli;

/// <summary>
/// The options of `up` and `run` for what is asked of the host beyond the file; `up` hands them on to the engine that it starts.
/// </summary>
internal sealed class StartArguments
{
    private const string KillSwitchName = "--kill-switch";
    private const string ExcludeRouteName = "--exclude-route";
    private const string AllowHooksName = "--allow-hooks";

    private readonly Option<bool> _killSwitch = new(KillSwitchName)
    {
        Description = "Let nothing leave the host but through the tunnel, until it is taken down; also while its engine is dead.",
    };

    private readonly Option<bool> _allowHooks = new(AllowHooksName)
    {
        Description = "Run the file's PreUp, PostUp, PreDown and PostDown commands, if root alone can write the file.",
    };

    private readonly Option<IPNetwork[]> _excludeRoute = new(ExcludeRouteName)
    {
        Description = "Lead what goes to these networks around the tunnel (may be repeated).",
        HelpName = "PREFIX",
        CustomParser = ParsePrefixes,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_killSwitch);
        command.Options.Add(_excludeRoute);
        command.Options.Add(_allowHooks);
    }

    public StartChoices ChoicesOf(ParseResult parsed) => new()
    {
        AllowHooks = parsed.GetValue(_allowHooks),
        Host = new HostChoices { KillSwitch = parsed.GetValue(_killSwitch), ExcludedRoutes = parsed.GetValue(_excludeRoute) ?? [] },
    };

    /// <summary>What <see cref="ChoicesOf"/> reads as these choices.</summary>
    public static IEnumerable<string> For(StartChoices choices)
    {
        if (choices.Host.KillSwitch)
            yield return KillSwitchName;
        if (choices.AllowHooks)
            yield return AllowHooksName;
        foreach (var prefix in choices.Host.ExcludedRoutes)
        {
            yield return ExcludeRouteName;
            yield return prefix.ToString();
        }
    }

    private static IPNetwork[] ParsePrefixes(ArgumentResult result)
    {
        var prefixes = new List<IPNetwork>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)))
        {
            if (IPText.TryParsePrefix(text, out var prefix))
                prefixes.Add(prefix);
            else
                result.AddError($"{ExcludeRouteName} is a prefix as 192.168.0.0/16 or 2001:db8::/32, not '{text}'.");
        }

        return [.. prefixes];
    }
}
