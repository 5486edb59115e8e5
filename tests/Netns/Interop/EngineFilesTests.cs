using System.Globalization;
using System.Runtime.Versioning;

namespace WireGuard.Tests.Interop;

/// <summary>Where a running engine keeps what it has, and who may read it.</summary>
[SupportedOSPlatform("linux")]
public class EngineFilesTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [InteropFact]
    public void A_running_engine_has_nothing_in_tmp_and_its_files_are_its_owners_alone()
    {
        using var pair = new EnginePair();
        var id = pair.Up(pair.One).ProcessId.ToString(CultureInfo.InvariantCulture);

        var temporary = Path.GetTempPath();
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(temporary).Select(path => Path.GetFileName(path)), name => name.Split('-').Contains(id));
        Assert.DoesNotContain(OpenFiles(id), target => target.StartsWith(temporary, StringComparison.Ordinal));

        var log = Path.ChangeExtension(pair.One.ControlSocket, ".log");
        Assert.Contains(log, OpenFiles(id));
        foreach (var path in new[] { pair.One.UapiSocket, pair.One.ControlSocket, log })
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
            // Other implementations make wg's directory with mode 0755: that lets others see names, and nothing more.
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.GetDirectoryName(path)!) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }
    }

    private static List<string> OpenFiles(string processId)
    {
        var targets = new List<string>();
        foreach (var descriptor in Directory.EnumerateFiles($"/proc/{processId}/fd"))
        {
            try
            {
                if (new FileInfo(descriptor).LinkTarget is { } target)
                    targets.Add(target);
            }
            catch (IOException)
            {
                // Closed since it was listed.
            }
        }

        return targets;
    }
}
