using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace WireGuard.Tests.Surface;

public sealed class ManifestTests
{
    private static readonly string Text = File.ReadAllText(TestPaths.Manifest);

    [Fact]
    public void Exports_exactly_the_compiled_cmdlets()
    {
        var listed = Regex.Matches(Section("CmdletsToExport"), "'([^']+)'").Select(m => m.Groups[1].Value);

        Assert.Equal(CmdletSurface.All.Select(c => c.Name), listed);
    }

    [Theory]
    [InlineData("FunctionsToExport")]
    [InlineData("AliasesToExport")]
    [InlineData("VariablesToExport")]
    public void Exports_nothing_else(string key) => Assert.Equal("", Section(key).Trim());

    [Fact]
    public void Carries_the_one_version()
    {
        var version = XDocument.Load(Path.Combine(TestPaths.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

        Assert.Equal(version.Split('-')[0], Value("ModuleVersion"));
    }

    [Fact]
    public void Names_what_is_there()
    {
        Assert.Equal(typeof(WgTunnel).Assembly.GetName().Name + ".dll", Value("RootModule"));
        Assert.Contains(Path.GetFileName(TestPaths.Views), Text, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(TestPaths.Types), Text, StringComparison.Ordinal);
        Assert.True(File.Exists(TestPaths.Views) && File.Exists(TestPaths.Types));
        Assert.True(Guid.TryParse(Value("GUID"), out _));
        Assert.Equal("7.6", Value("PowerShellVersion"));
    }

    [Fact]
    public void The_module_names_no_assembly_of_others_but_the_bridge_to_them()
    {
        var references = typeof(WgTunnel).Assembly.GetReferencedAssemblies().Select(a => a.Name!);

        var framework = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        Assert.All(references, r => Assert.True(r is "System.Management.Automation" or "WireGuardPS.Libraries" || File.Exists(Path.Combine(framework, r + ".dll")), r));
    }

    [Fact]
    public void No_public_type_tells_of_libraries()
    {
        Assert.DoesNotContain(typeof(WireGuard.Libraries.Yaml.YamlText).Assembly.GetExportedTypes(), _ => true);
        Assert.DoesNotContain(Module.LibraryLoadContext.Bridge, File.ReadAllText(TestPaths.Manifest), StringComparison.Ordinal);
        Assert.Equal(Module.LibraryLoadContext.Bridge, typeof(WireGuard.Libraries.Yaml.YamlText).Assembly.GetName().Name);
    }

    private static string Section(string key) => Regex.Match(Text, $@"{key}\s*=\s*@\((.*?)\)", RegexOptions.Singleline).Groups[1].Value;

    private static string Value(string key) => Regex.Match(Text, $@"{key}\s*=\s*'([^']*)'").Groups[1].Value;
}
