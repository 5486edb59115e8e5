using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>ConvertTo-WgConfig: the text of a configuration file.</summary>
[Cmdlet(VerbsData.ConvertTo, "WgConfig")]
[OutputType(typeof(string))]
public sealed class ConvertToWgConfigCommand : CancellableCommand
{
    /// <summary>A configuration or a running tunnel.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ConfigTransformation]
    [ValidateNotNull]
    public WgConfig? InputObject { get; set; }

    /// <summary>The keys themselves; without it a comment stands for each.</summary>
    [Parameter]
    public SwitchParameter IncludeSecret { get; set; }

    /// <summary>Only what wg(8) itself understands.</summary>
    [Parameter]
    public SwitchParameter Strip { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            if (IncludeSecret)
                ConfigText.DemandKeys(InputObject!);
            using var config = ConfigText.Parse(InputObject!, out var warnings);
            foreach (var warning in warnings)
                WriteWarning(warning);
            var options = ConfigWriteOptions.MarkMissingKey | (IncludeSecret ? ConfigWriteOptions.IncludeSecrets : 0) | (Strip ? ConfigWriteOptions.Strip : 0);
            // Whoever writes it to a file or terminal ends the last line.
            WriteObject(ConfigWriter.Write(config, options).TrimEnd('\n'));
        }
        catch (WgException e)
        {
            WriteError(e, InputObject?.Name);
        }
    }
}
