using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>What of a running tunnel a file takes the place of.</summary>
public enum WgImportMode
{
    /// <summary>What the file leaves out goes; peers that stay keep their sessions.</summary>
    Sync,

    /// <summary>As Sync, but every peer begins anew.</summary>
    Replace,

    /// <summary>Nothing goes.</summary>
    Append,
}

/// <summary>Import-WgConfig: brings a running tunnel to what a configuration file says, and emits what that changes.</summary>
[Cmdlet(VerbsData.Import, "WgConfig", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class ImportWgConfigCommand : SyncCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LiteralPath", "ConfigPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The running tunnel; the file's name without .conf unless given.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string? Name { get; set; }

    [Parameter]
    public WgImportMode Mode { get; set; } = WgImportMode.Sync;

    protected override void ProcessRecord()
    {
        try
        {
            var file = this.ToFilePath(Path);
            // A file in the pipeline has a Name of its own.
            var name = Name == System.IO.Path.GetFileName(file) ? null : Name;
            foreach (var target in Resolve([name ?? ConfigCheck.TunnelOf(file)]))
                Import(file, target);
        }
        catch (WgException e)
        {
            WriteError(e, Path);
        }
    }

    private void Import(string file, Target target)
    {
        using var config = ConfigCheck.Load(file, out var warnings);
        foreach (var warning in warnings)
            WriteWarning(ConfigCheck.WithoutSeverity(warning));
        var mode = Mode switch
        {
            WgImportMode.Replace => SyncModes.Replace,
            WgImportMode.Append => SyncModes.Append,
            _ => SyncModes.Sync,
        };
        try
        {
            Sync(target.Name, $"Import '{file}' ({mode}) into tunnel '{target.Name}'", SyncRequests.From(config, mode, dryRun: false));
        }
        catch (WgException e)
        {
            Report(e, target);
        }
    }
}
