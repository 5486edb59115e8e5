namespace WireGuard.Engine.Hosting;

/// <summary>The commands of the file that the start was allowed to run.</summary>
public sealed partial class TunnelHost
{
    private const string NamePlaceholder = "%i";

    /// <summary>In the file's order; the first that fails ends the start, which takes everything back.</summary>
    /// <exception cref="StartException">HookFailed.</exception>
    private void RunHooks(HookPoint point, CancellationToken cancel)
    {
        foreach (var command in HooksAt(point))
        {
            Log.Information($"running {point}");
            _platform.RunHook(point, command.Replace(NamePlaceholder, _options.Name, StringComparison.Ordinal), Log, cancel);
        }
    }

    /// <summary>As wg-quick, for a tunnel that came up only. A failure is logged, and the rest still happens: a tunnel can always be ended.</summary>
    private void RunHooksOfEnd(HookPoint point)
    {
        if (!_isUp)
            return;
        foreach (var command in HooksAt(point))
        {
            try
            {
                Log.Information($"running {point}");
                _platform.RunHook(point, command.Replace(NamePlaceholder, _options.Name, StringComparison.Ordinal), Log, CancellationToken.None);
            }
            catch (StartException failure)
            {
                Log.Error(failure.Message);
            }
        }
    }

    private IReadOnlyList<string> HooksAt(HookPoint point) => _options is { RunsHooks: true, Config.Interface: { } section }
        ? point switch
        {
            HookPoint.PreUp => section.PreUp,
            HookPoint.PostUp => section.PostUp,
            HookPoint.PreDown => section.PreDown,
            HookPoint.PostDown => section.PostDown,
            _ => [],
        }
        : [];
}
