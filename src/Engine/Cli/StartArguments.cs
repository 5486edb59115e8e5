using System.CommandLine;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Cli;

/// <summary>
/// The options of `up` and `run` for what is asked of the host beyond the file; `up` hands them on to the engine that it starts.
/// </summary>
internal sealed class StartArguments
{
    private const string KillSwitchName = "--kill-switch";

    private readonly Option<bool> _killSwitch = new(KillSwitchName)
    {
        Description = "Let nothing leave the host but through the tunnel, until it is taken down; also while its engine is dead.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_killSwitch);
    }

    public HostChoices ChoicesOf(ParseResult parsed) => new()
    {
        KillSwitch = parsed.GetValue(_killSwitch),
    };

    /// <summary>What <see cref="ChoicesOf"/> reads as these choices.</summary>
    public static IEnumerable<string> For(HostChoices choices)
    {
        if (choices.KillSwitch)
            yield return KillSwitchName;
    }
}
