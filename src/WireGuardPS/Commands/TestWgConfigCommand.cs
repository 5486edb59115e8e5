using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Test-WgConfig: whether the engine would take a configuration file; with -Detailed what is wrong with it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "WgConfig", DefaultParameterSetName = ByPath)]
[OutputType(typeof(bool), ParameterSetName = [ByPath, ByLiteralPath])]
[OutputType(typeof(WgConfigDiagnostic), ParameterSetName = [ByPath, ByLiteralPath])]
public sealed class TestWgConfigCommand : CancellableCommand
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

    [Parameter(Mandatory = true, ParameterSetName = ByPath, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "ConfigPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Emit errors and warnings instead of a bool.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
            Test(path, () => this.ToFilePaths(path));
        foreach (var path in LiteralPath)
            Test(path, () => [this.ToFilePath(path)]);
    }

    private void Test(string given, Func<IReadOnlyList<string>> findFiles)
    {
        try
        {
            foreach (var file in findFiles())
            {
                var diagnostics = ConfigCheck.Check(file);
                if (Detailed)
                    WriteObject(diagnostics.Select(d => d.ToModel(file)), enumerateCollection: true);
                else
                    WriteVerdict(diagnostics);
            }
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    private void WriteVerdict(IReadOnlyList<ConfigDiagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics)
            WriteVerbose(diagnostic.ToString());
        WriteObject(diagnostics.All(d => d.Severity != ConfigSeverity.Error));
    }
}
