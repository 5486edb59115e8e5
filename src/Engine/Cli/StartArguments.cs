using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli;

/// <summary>
/// The options of `up` and `run` for what is asked beyond the file; `up` hands them on to the engine that it starts.
/// </summary>
internal sealed class StartArguments
{
    private const string KillSwitchName = "--kill-switch";
    private const string ExcludeRouteName = "--exclude-route";
    private const string ForwardName = "--forward";
    private const string MasqueradeName = "--masquerade";
    private const string NetNsName = "--netns";
    private const string SocketNetNsName = "--socket-netns";
    private const string AllowHooksName = "--allow-hooks";
    private const string ControlGroupName = "--control-group";
    private const string ControlGroupWriteName = "--control-group-write";
    private const string QueuesName = "--queues";
    private const string QueuesVariable = "WIREGUARD_ENGINE_QUEUES";

    private readonly Option<bool> _killSwitch = new(KillSwitchName)
    {
        Description = "Let nothing leave the host but through the tunnel, until it is taken down; also while its engine is dead.",
    };

    private readonly Option<bool> _forward = new(ForwardName)
    {
        Description = "Pass packets on between the tunnel and the networks behind this host, until it is taken down.",
    };

    private readonly Option<bool> _masquerade = new(MasqueradeName)
    {
        Description = "As --forward, and what comes in by the tunnel leaves by other interfaces under this host's own address.",
    };

    private readonly Option<string> _netNs = new(NetNsName)
    {
        Description = "Put the interface and all that belongs to it into this network namespace; the UDP sockets stay here.",
        HelpName = "NAME|PATH",
    };

    private readonly Option<string> _socketNetNs = new(SocketNetNsName)
    {
        Description = "Put the UDP sockets into this network namespace; the interface stays here.",
        HelpName = "NAME|PATH",
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

    private readonly Option<string?> _controlGroup = new(ControlGroupName)
    {
        Description = "Let members of this group look at the tunnel without being root; keys stay hidden from them.",
        HelpName = "GROUP",
    };

    private readonly Option<bool> _controlGroupWrite = new(ControlGroupWriteName)
    {
        Description = $"Let members of the {ControlGroupName} change and end the tunnel too.",
    };

    private readonly Option<int?> _queues = new(QueuesName)
    {
        Description = "Lanes: threads that carry packets, each with a queue of the interface and sockets of its own; one for each processor unless given.",
        HelpName = "N",
    };

    public StartArguments() => _queues.Validators.Add(static result =>
    {
        // What is no number at all is refused by the option itself.
        if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var queues)
            && !IsPossible(queues))
            result.AddError(WhatIsPossible(QueuesName));
    });

    /// <summary>Lanes of the drop-in form, which takes no options.</summary>
    /// <exception cref="StartException">The variable makes no sense.</exception>
    public static int QueuesOfDropIn() => Environment.GetEnvironmentVariable(QueuesVariable) switch
    {
        null or "" => StartChoices.None.Lanes,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var queues) && IsPossible(queues) => queues,
        _ => throw new StartException(StartErrorId.EngineFailed, WhatIsPossible(QueuesVariable)),
    };

    /// <param name="hasFile">False: there is none that could have commands in it.</param>
    public void AddTo(Command command, bool hasFile = true)
    {
        command.Options.Add(_killSwitch);
        command.Options.Add(_excludeRoute);
        command.Options.Add(_forward);
        command.Options.Add(_masquerade);
        command.Options.Add(_netNs);
        command.Options.Add(_socketNetNs);
        if (hasFile)
            command.Options.Add(_allowHooks);
        command.Options.Add(_controlGroup);
        command.Options.Add(_controlGroupWrite);
        command.Options.Add(_queues);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_controlGroupWrite) && result.GetResult(_controlGroup) is null)
                result.AddError($"{ControlGroupWriteName} says nothing without {ControlGroupName}.");
            // Not by their value: to read one that does not parse throws, and it has its own error.
            if (result.GetValue(_killSwitch) && result.GetResult(_excludeRoute) is { } excluded
                && TextsOf(excluded.Tokens).Any(text => IPText.TryParsePrefix(text, out var prefix) && prefix.PrefixLength == 0))
                result.AddError($"{ExcludeRouteName} of a whole family would leave {KillSwitchName} nothing to close.");
            if (result.GetValue(_killSwitch) && result.GetValue(_masquerade))
                result.AddError($"{MasqueradeName} lets out of this host what {KillSwitchName} is to keep in; {ForwardName} goes with it.");
            foreach (var option in new[] { _netNs, _socketNetNs })
            {
                if (result.GetResult(option)?.Tokens is not [var given])
                    continue;
                if (!IsNamespace(given.Value))
                    result.AddError($"{option.Name} is the name of a network namespace or a path, not '{given.Value}'.");
                else if (result.GetResult(_excludeRoute) is not null)
                    result.AddError($"{ExcludeRouteName} leads around a tunnel whose own datagrams are in the same network namespace; with {option.Name} there is no such way.");
            }
        });
    }

    public StartChoices ChoicesOf(ParseResult parsed) => new()
    {
        AllowHooks = parsed.GetValue(_allowHooks),
        ControlGroup = parsed.GetValue(_controlGroup),
        ControlGroupWrites = parsed.GetValue(_controlGroupWrite),
        Host = new HostChoices
        {
            KillSwitch = parsed.GetValue(_killSwitch),
            ExcludedRoutes = parsed.GetValue(_excludeRoute) ?? [],
            Forward = parsed.GetValue(_forward) || parsed.GetValue(_masquerade),
            Masquerade = parsed.GetValue(_masquerade),
        },
        Queues = parsed.GetValue(_queues),
        NetNs = Absolute(parsed.GetValue(_netNs)),
        SocketNetNs = Absolute(parsed.GetValue(_socketNetNs)),
    };

    /// <summary>What <see cref="ChoicesOf"/> reads as these choices.</summary>
    public static IEnumerable<string> For(StartChoices choices)
    {
        if (choices.Host.KillSwitch)
            yield return KillSwitchName;
        if (choices.Host.Masquerade)
            yield return MasqueradeName;
        else if (choices.Host.Forward)
            yield return ForwardName;
        if (choices.AllowHooks)
            yield return AllowHooksName;
        foreach (var prefix in choices.Host.ExcludedRoutes)
        {
            yield return ExcludeRouteName;
            yield return prefix.ToString();
        }

        if (choices.ControlGroup is { } group)
        {
            yield return ControlGroupName;
            yield return group;
        }

        if (choices.ControlGroupWrites)
            yield return ControlGroupWriteName;

        if (choices.NetNs is { } netNs)
        {
            yield return NetNsName;
            yield return netNs;
        }

        if (choices.SocketNetNs is { } socketNetNs)
        {
            yield return SocketNetNsName;
            yield return socketNetNs;
        }

        if (choices.Queues is not { } queues)
            yield break;
        yield return QueuesName;
        yield return queues.ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsNamespace(string text) => text is not ("" or "." or "..") && !text.Any(char.IsControl);

    // A detached engine leaves the folder that it was started in.
    private static string? Absolute(string? nameOrPath) => nameOrPath?.Contains('/') == true ? Path.GetFullPath(nameOrPath) : nameOrPath;

    // More lanes than processors would only take turns.
    private static bool IsPossible(int queues) => queues >= 1 && queues <= Environment.ProcessorCount;

    private static string WhatIsPossible(string given) => $"{given} is a number from 1 to {Environment.ProcessorCount}, the processors that there are for the engine.";

    private static IPNetwork[] ParsePrefixes(ArgumentResult result)
    {
        var prefixes = new List<IPNetwork>();
        foreach (var text in TextsOf(result.Tokens))
        {
            if (IPText.TryParsePrefix(text, out var prefix))
                prefixes.Add(prefix);
            else
                result.AddError($"{ExcludeRouteName} is a prefix as 192.168.0.0/16 or 2001:db8::/32, not '{text}'.");
        }

        return [.. prefixes];
    }

    private static IEnumerable<string> TextsOf(IReadOnlyList<Token> tokens)
        => tokens.SelectMany(token => token.Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
}
