using System.Runtime.Versioning;
using WireGuard.Engine.Service;

namespace WireGuard.Tests.Service;

/// <summary>What is written for a service, and taken away, below a folder that stands for a machine.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServiceFilesTests : IDisposable
{
    private const string Text = "[Service]\nExecStart=/x run %i\n";
    private const string Units = "etc/systemd/system";
    private const string Wants = Units + "/multi-user.target.wants/wireguard-engine@";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("wg-root-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Installing_writes_template_options_and_link_once()
    {
        Assert.Equal(["added Unit", "added Options", "added Enabled"], Do(Files("wg0").Install(Text, "[Service]\n", enables: true)));
        Assert.Equal([$"{Units}/multi-user.target.wants/wireguard-engine@wg0.service", $"{Units}/wireguard-engine@.service", $"{Units}/wireguard-engine@wg0.service.d/wireguard-engine.conf"], Present());
        Assert.Equal("/etc/systemd/system/wireguard-engine@.service", new FileInfo(Path.Combine(_root.FullName, Wants + "wg0.service")).LinkTarget);
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(Path.Combine(_root.FullName, Units, ServiceUnit.Template))); // 0644
        Assert.Empty(Files("wg0").Install(Text, "[Service]\n", enables: true));
        Assert.Equal(["changed Unit", "removed Options"], Do(Files("wg0").Install(Text + "#\n", null, enables: null)));
        Assert.Equal([$"{Units}/multi-user.target.wants/wireguard-engine@wg0.service", $"{Units}/wireguard-engine@.service"], Present());
    }

    [Fact]
    public void What_is_told_is_not_done_until_it_is()
    {
        Assert.Equal(3, Files("wg0").Install(Text, "x", enables: true).Count);
        Assert.Empty(Present());
    }

    [Fact]
    public void The_template_goes_with_the_last_and_what_others_have_put_there_stays()
    {
        Do(Files("wg0").Install(Text, "[Service]\n", enables: true));
        Do(Files("wg1").Install(Text, null, enables: true));
        var own = Path.Combine(_root.FullName, Units, "wireguard-engine@wg0.service.d", "mine.conf");
        File.WriteAllText(own, "");
        Assert.Equal(["removed Enabled", "removed Options"], Do(Files("wg0").Remove()));
        Assert.True(File.Exists(own));
        File.Delete(own);
        Directory.Delete(Path.GetDirectoryName(own)!);
        Assert.Empty(Files("wg0").Remove());
        Assert.Equal(["removed Enabled", "removed Unit"], Do(Files("wg1").Remove()));
        Assert.Empty(Present());
        Assert.Empty(Files("wg1").Remove());
    }

    [Fact]
    public void A_link_that_leads_elsewhere_is_put_right()
    {
        var link = Path.Combine(_root.FullName, Wants + "wg0.service");
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, "/nowhere");
        Do(Files("wg0").Install(Text, null, enables: true));
        Assert.Equal("/etc/systemd/system/wireguard-engine@.service", new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void Paths_and_options_are_words_of_their_own()
    {
        var template = ServiceUnit.TemplateText(["/opt/50% \"off\"/$x/wireguard-engine"]);
        Assert.Contains("\nExecStart=\"/opt/50%% \\\"off\\\"/$$x/wireguard-engine\" run %i $WIREGUARD_ENGINE_OPTIONS\n", template);
        Assert.Equal("none", ServiceUnit.OptionsIn(ServiceUnit.OptionsText([], null, allowsHooks: false), "x"));
        var options = ServiceUnit.OptionsText(["--kill-switch", "--exclude-route", "10.0.0.0/8"], "/srv/a b", allowsHooks: false);
        Assert.Contains("\nEnvironment=\"WIREGUARD_ENGINE_OPTIONS=--kill-switch --exclude-route 10.0.0.0/8\"\n", options);
        Assert.Contains("\nEnvironment=\"WIREGUARD_CONFIG_DIR=/srv/a b\"\n", options);
        Assert.Contains("\nReadWritePaths=\"-/srv/a b\"\n", options);
        Assert.DoesNotContain("CapabilityBoundingSet", options);
        Assert.Contains("\nCapabilityBoundingSet=~\n", ServiceUnit.OptionsText(["--allow-hooks"], null, allowsHooks: true));
    }

    private ServiceFiles Files(string tunnel) => new(tunnel, _root.FullName);

    private static string[] Do(IReadOnlyList<ServiceStep> steps)
    {
        foreach (var step in steps)
            step.Do();
        return [.. steps.Select(step => $"{step.Change.Kind} {step.Change.Property}")];
    }

    private string[] Present() => [.. Directory.EnumerateFiles(_root.FullName, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_root.FullName, path)).Order(StringComparer.Ordinal)];
}
