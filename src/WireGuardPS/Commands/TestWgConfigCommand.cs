using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Test-WgConfig: whether the engine would take a configuration file; with -Detailed what is wrong with it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "WgConfig", DefaultParameterSetName = ByPath)]
[OutputType(typeof(bool), ParameterSetName = [ByPath, ByLiteralPath])]
[OutputType(typeof(WgConfigDiagnostic), ParameterSetName = [ByPath, ByLiteralPath])]
public sealed class TestWgConfigCommand : KeyCommand
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

    private bool _derives = true;

    /// <summary>Files, or names of those in /etc/wireguard, as Start-WgTunnel takes them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPath, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ConfigCompleter))]
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
            Test(path, () => ConfigCheck.IsName(path) ? [ConfigCheck.PathOf(path)] : this.ToFilePaths(path));
        foreach (var path in LiteralPath)
            Test(path, () => [this.ToFilePath(path)]);
    }

    private void Test(string given, Func<IReadOnlyList<string>> findFiles)
    {
        try
        {
            foreach (var file in findFiles())
            {
                var diagnostics = ConfigCheck.Check(file, PublicKeyOf);
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

    // A file can be checked without an engine, but for this.
    private PublicKey? PublicKeyOf(SecretKey privateKey)
    {
        if (!_derives)
            return null;
        try
        {
            return PublicKey.Parse(DeriveWhereItCan(privateKey));
        }
        catch (WgException e)
        {
            _derives = false;
            WriteVerbose($"Whether a peer has the tunnel's own public key is not looked at: {e.Message}");
            return null;
        }
    }

    private void WriteVerdict(IReadOnlyList<ConfigDiagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics)
            WriteVerbose(diagnostic.ToString());
        WriteObject(diagnostics.All(d => d.Severity != ConfigSeverity.Error));
    }
}
