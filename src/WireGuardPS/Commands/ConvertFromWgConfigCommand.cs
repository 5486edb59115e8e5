using System.Management.Automation;
using System.Text;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>ConvertFrom-WgConfig: configuration files, or the text of one, as objects.</summary>
[Cmdlet(VerbsData.ConvertFrom, "WgConfig", DefaultParameterSetName = ByText)]
[OutputType(typeof(WgConfig))]
public sealed class ConvertFromWgConfigCommand : CancellableCommand
{
    private const string ByText = "Text";
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

    private readonly StringBuilder _text = new();

    /// <summary>Lines of one configuration, or all of it.</summary>
    // One string, not several: with those a line of Get-Content would bind by the path that it came from.
    [Parameter(Mandatory = true, ParameterSetName = ByText, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    /// <summary>The tunnel's name, which a text does not tell.</summary>
    [Parameter(ParameterSetName = ByText)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ByPath)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "ConfigPath")]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case ByText:
                _text.Append(InputObject).Append('\n');
                break;
            case ByPath:
                foreach (var path in Path)
                    Convert(path, () => this.ToFilePaths(path));
                break;
            default:
                Convert(LiteralPath, () => [this.ToFilePath(LiteralPath)]);
                break;
        }
    }

    protected override void EndProcessing()
    {
        if (ParameterSetName != ByText)
            return;
        try
        {
            var text = _text.ToString();
            DemandText(text);
            var result = ConfigParser.Parse(text);
            using var config = ConfigCheck.Accept(result, out var warnings);
            Write(config, Name, warnings);
        }
        catch (WgException e)
        {
            WriteError(e, Name);
        }
    }

    // No line of a configuration is without one of these, and a path hardly has one.
    private static void DemandText(string text)
    {
        var given = text.Trim();
        if (given.Length > 0 && !given.AsSpan().ContainsAny("\n[]=#"))
        {
            throw new WgException(ErrorIds.ConfigInvalid, $"{KeyLike.Quoted(given)} is no text of a configuration: a file's path goes to -Path.")
            {
                Advice = "ConvertFrom-WgConfig -Path reads a file; Import-WgConfig brings a running tunnel to what one says.",
            };
        }
    }

    private void Convert(string given, Func<IReadOnlyList<string>> findFiles)
    {
        try
        {
            foreach (var file in findFiles())
                Convert(file);
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    private void Convert(string file)
    {
        try
        {
            using var config = ConfigCheck.Load(file, out var warnings);
            Write(config, TunnelName.TryFromPath(file, out var name) ? name : null, warnings);
        }
        catch (WgException e)
        {
            WriteError(e, file);
        }
    }

    private void Write(TunnelConfig config, string? name, IEnumerable<ConfigDiagnostic> warnings)
    {
        foreach (var warning in warnings)
            WriteWarning(ConfigCheck.WithoutSeverity(warning));
        WriteObject(config.ToModel(name));
    }
}
