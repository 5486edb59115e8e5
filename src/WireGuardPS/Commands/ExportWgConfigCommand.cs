using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Export-WgConfig: writes configurations to files that their owner alone can read, keys and all.</summary>
[Cmdlet(VerbsData.Export, "WgConfig", DefaultParameterSetName = ByPath, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportWgConfigCommand : CancellableCommand
{
    private const string ByPath = "Path";
    private const string ByDirectory = "Directory";
    private const string Extension = ".conf";

    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>A configuration, or a running tunnel with its keys.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ConfigTransformation]
    [ValidateNotNull]
    public WgConfig? InputObject { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ByPath, Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>NAME.conf is written there for each; it is made if it is not there.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByDirectory)]
    [ValidateNotNullOrEmpty]
    public string Directory { get; set; } = "";

    /// <summary>Only what wg(8) itself understands.</summary>
    [Parameter]
    public SwitchParameter Strip { get; set; }

    /// <summary>Write over files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emit the files.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            var path = ParameterSetName == ByPath ? this.ToFilePath(Path) : PathIn(this.ToFilePath(Directory));
            if (System.IO.Directory.Exists(path))
                throw new WgException(ErrorIds.InvalidValue, $"'{path}' is a folder; with -Directory a file is written into it.");
            ConfigText.DemandKeys(InputObject!);
            using var config = ConfigText.Parse(InputObject!, out var warnings);
            foreach (var warning in warnings)
                WriteWarning(warning);
            if (ShouldProcess(path, "Write configuration"))
                Write(path, config);
        }
        catch (WgException e)
        {
            WriteError(e, InputObject?.Name);
        }
    }

    private string PathIn(string directory)
    {
        var name = InputObject!.Name;
        return TunnelName.IsValid(name)
            ? System.IO.Path.Combine(directory, name + Extension)
            : throw (name is null
                ? new WgException(ErrorIds.InvalidTunnelName, "The configuration has no name; the file would be named after it.") { Advice = "Set its Name, as ConvertFrom-WgConfig -Name does, or name the file itself with -Path." }
                : new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(name)} cannot be the name of a tunnel."));
    }

    private void Write(string path, TunnelConfig config)
    {
        // Not the file of another object of this pipeline, whatever -Force says.
        if (_written.Contains(path))
            throw new WgException(ErrorIds.FileExists, $"The file '{path}' has just been written for another configuration.") { Advice = "Give each configuration a name of its own; -Force does not write over what this pipeline has written." };
        if (ParameterSetName == ByDirectory)
            PrivateFile.MakeFolder(System.IO.Path.GetDirectoryName(path)!);
        PrivateFile.Write(path, Force, writer => ConfigWriter.Write(config, writer, ConfigWriteOptions.IncludeSecrets | ConfigWriteOptions.MarkMissingKey | (Strip ? ConfigWriteOptions.Strip : 0)));
        _written.Add(path);
        if (PassThru)
            WriteObject(new FileInfo(path));
    }
}
