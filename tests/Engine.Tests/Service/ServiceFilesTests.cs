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
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(Path.Combine(_root.FullName, Units, UnitName.Template))); // 0644
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
    public void Links_of_an_image_lead_nowhere_outside()
    {
        var outside = Directory.CreateTempSubdirectory("wg-out-");
        try
        {
            var image = _root.CreateSubdirectory("image");
            var options = $"image{outside.FullName}/system/wireguard-engine@wg0.service.d";
            image.CreateSubdirectory("etc");
            File.CreateSymbolicLink(Path.Combine(image.FullName, "etc/systemd"), outside.FullName);
            Directory.CreateDirectory(image.FullName + outside.FullName + "/system");
            File.CreateSymbolicLink(Path.Combine(_root.FullName, options), "../../../../../../../outside");
            Do(new ServiceFiles("wg0", image.FullName).Install(Text, "[Service]\n", enables: true));
            Assert.Empty(outside.EnumerateFileSystemInfos());
            Assert.Equal(
                Sorted($"image{outside.FullName}/system/multi-user.target.wants/wireguard-engine@wg0.service", $"image{outside.FullName}/system/wireguard-engine@.service", options, "image/outside/wireguard-engine.conf"),
                Present());
            Do(new ServiceFiles("wg0", image.FullName).Remove());
            Assert.Equal([options], Present());
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.conf")]
    [InlineData("/etc/there/wg0.conf", "/srv/wg0.conf")]
    [InlineData("/etc/up/wg0.conf", "/wg0.conf")]
    [InlineData("/etc/../../x", "/x")]
    public void Links_mean_what_they_will_mean_when_the_machine_runs(string path, string expected)
    {
        var etc = _root.CreateSubdirectory("etc");
        File.CreateSymbolicLink(Path.Combine(etc.FullName, "there"), "/etc/near");
        File.CreateSymbolicLink(Path.Combine(etc.FullName, "near"), "../srv");
        File.CreateSymbolicLink(Path.Combine(etc.FullName, "up"), "../../../..");
        Assert.Equal(expected, ImagePath.Resolve(_root.FullName, path));
    }

    [Fact]
    public void Links_in_a_circle_are_no_path()
    {
        File.CreateSymbolicLink(Path.Combine(_root.FullName, "etc"), "/etc");
        Assert.Throws<IOException>(() => Files("wg0"));
    }

    [Theory]
    [InlineData("wireguard-engine@.service", "/dev/null")]
    [InlineData("wireguard-engine@wg0.service", "../../../../dev/null")]
    [InlineData("wireguard-engine@wg0.service", null)]
    public void A_mask_is_told_and_stays(string unit, string? target)
    {
        var folder = _root.CreateSubdirectory(Units);
        var path = Path.Combine(folder.FullName, unit);
        if (target is null)
            File.WriteAllText(path, "");
        else
            File.CreateSymbolicLink(path, target);
        Assert.Equal(unit, Files("wg0").Masked);
        Do(Files("wg0").Remove());
        Assert.Equal([$"{Units}/{unit}"], Present());
        Assert.Equal(unit == UnitName.Template ? unit : null, Files("wg1").Masked);
    }

    [Fact]
    public void A_unit_that_is_there_or_a_link_elsewhere_is_no_mask()
    {
        Do(Files("wg0").Install(Text, null, enables: true));
        Assert.Null(Files("wg0").Masked);
        var template = Path.Combine(_root.FullName, Units, UnitName.Template);
        File.Delete(template);
        File.CreateSymbolicLink(template, "/dev/zero");
        Assert.Null(Files("wg0").Masked);
        Assert.Equal(["changed Unit"], Do(Files("wg0").Install(Text, null, enables: true)));
        Assert.Equal(Text, File.ReadAllText(template));
    }

    private ServiceFiles Files(string tunnel) => new(tunnel, _root.FullName);

    private static string[] Do(IReadOnlyList<ServiceStep> steps)
    {
        foreach (var step in steps)
            step.Do();
        return [.. steps.Select(step => $"{step.Change.Kind} {step.Change.Property}")];
    }

    private string[] Present() => Sorted([.. Directory.EnumerateFiles(_root.FullName, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_root.FullName, path))]);

    private static string[] Sorted(params string[] paths) => [.. paths.Order(StringComparer.Ordinal)];
}
