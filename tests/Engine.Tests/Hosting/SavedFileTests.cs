using System.Runtime.Versioning;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Tests.Control;

namespace WireGuard.Tests.Hosting;

/// <summary>Whose file is written, and what becomes of its mode, owner and links.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SavedFileTests : IDisposable
{
    private const uint Nobody = 65534;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-saved-");

    private string FilePath => Path.Combine(_directory.FullName, "wg0.conf");

    public SavedFileTests() => File.WriteAllText(FilePath, "before");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(0x180, false, 0x180)] // 0600
    [InlineData(0x1A0, false, 0x1A0)] // 0640
    [InlineData(0x1A4, false, 0x1A0)] // 0644: what others could read they cannot any more
    [InlineData(0x1A4, true, 0x180)]
    [InlineData(0x1FF, false, 0x1F8)]
    public void Nobody_gets_to_read_it_who_could_not_before(int before, bool forOwnerAlone, int after)
    {
        File.SetUnixFileMode(FilePath, (UnixFileMode)before);
        SavedFile.Replace(FilePath, "after"u8, forOwnerAlone);
        Assert.Equal("after", File.ReadAllText(FilePath));
        Assert.Equal((UnixFileMode)after, File.GetUnixFileMode(FilePath));
        Assert.Equal(["wg0.conf"], Names());
    }

    [RootFact]
    public void Owner_and_group_stay()
    {
        Chown(FilePath, Nobody, 4711);
        SavedFile.Replace(FilePath, "after"u8, forOwnerAlone: false);
        Assert.True(FileStatus.TryRead(FilePath, out var status));
        Assert.Equal((Nobody, 4711u), (status.Owner, status.Group));
    }

    [AccessListTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whom_an_access_control_list_names_stays_and_the_group_gets_nothing_by_it(bool forOwnerAlone)
    {
        AccessLists.Set(FilePath, "system.posix_acl_access", AccessLists.ForUser1000(group: 0, mask: 4, everybody: 4));
        var mode = File.GetUnixFileMode(FilePath);
        Assert.Equal((UnixFileMode)0x1A4, mode); // 0644: the group's bits are the mask
        SavedFile.Replace(FilePath, "after"u8, forOwnerAlone);
        Assert.Equal("after", File.ReadAllText(FilePath));
        Assert.Equal(forOwnerAlone ? null : AccessLists.ForUser1000(group: 0, mask: 4, everybody: 0), FileAccessList.Read(FilePath));
        Assert.Equal((UnixFileMode)(forOwnerAlone ? 0x180 : 0x1A0), File.GetUnixFileMode(FilePath));
    }

    [AccessListFact]
    public void A_list_that_new_files_get_from_their_folder_lends_nobody_what_the_group_may()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(FilePath, Mode);
        AccessLists.Set(_directory.FullName, "system.posix_acl_default", AccessLists.ForUser1000(group: 4, mask: 4, everybody: 0));
        File.WriteAllText(Path.Combine(_directory.FullName, "other"), "");
        Assert.NotNull(FileAccessList.Read(Path.Combine(_directory.FullName, "other")));
        SavedFile.Replace(FilePath, "after"u8, forOwnerAlone: false);
        Assert.Null(FileAccessList.Read(FilePath));
        Assert.Equal(Mode, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void A_link_stays_one_and_its_target_is_written()
    {
        var link = Path.Combine(_directory.CreateSubdirectory("links").FullName, "wg0.conf");
        File.CreateSymbolicLink(link, "../wg0.conf");
        Assert.Null(SavedFile.Objection(link));
        SavedFile.Replace(link, "after"u8, forOwnerAlone: false);
        Assert.Equal("../wg0.conf", new FileInfo(link).LinkTarget);
        Assert.Equal("after", File.ReadAllText(FilePath));
    }

    [Fact]
    public void What_a_killed_engine_left_is_taken_away_even_a_link_of_that_name()
    {
        var victim = Path.Combine(_directory.FullName, "victim");
        File.WriteAllText(victim, "untouched");
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, ".wg0.conf.new"), victim);
        SavedFile.Replace(FilePath, "after"u8, forOwnerAlone: false);
        Assert.Equal(["victim", "wg0.conf"], Names());
        Assert.Equal("untouched", File.ReadAllText(victim));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_file_and_nothing_else()
    {
        Directory.CreateDirectory(Path.Combine(_directory.FullName, ".wg0.conf.new"));
        Assert.ThrowsAny<Exception>(() => SavedFile.Replace(FilePath, "after"u8, forOwnerAlone: false));
        Assert.Equal("before", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_file_of_ones_own_in_a_folder_of_ones_own_may_be_written() => Assert.Null(SavedFile.Objection(FilePath));

    [Fact]
    public void A_folder_that_others_can_write_is_objected_to()
    {
        File.SetUnixFileMode(_directory.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        Assert.Equal($"{_directory.FullName} can be written by others", SavedFile.Objection(FilePath));
    }

    [Fact]
    public void A_folder_behind_a_link_is_looked_at_too()
    {
        var open = _directory.CreateSubdirectory("open");
        var inside = Path.Combine(open.FullName, "wg1.conf");
        File.WriteAllText(inside, "");
        File.SetUnixFileMode(open.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        var link = Path.Combine(_directory.FullName, "wg1.conf");
        File.CreateSymbolicLink(link, inside);
        Assert.Equal($"{open.FullName} can be written by others", SavedFile.Objection(link));
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "round"), "round");
        Assert.Contains("leads nowhere", SavedFile.Objection(Path.Combine(_directory.FullName, "round")));
    }

    [RootFact]
    public void A_file_or_link_of_somebody_elses_is_objected_to()
    {
        Chown(FilePath, Nobody, 0);
        Assert.Equal($"{FilePath} belongs to user {Nobody}", SavedFile.Objection(FilePath));
        Chown(FilePath, 0, 0);
        Chown(_directory.FullName, Nobody, 0);
        Assert.Equal($"{_directory.FullName} belongs to user {Nobody}", SavedFile.Objection(FilePath));
    }

    private string[] Names() => [.. _directory.EnumerateFileSystemInfos().Select(f => f.Name).Order(StringComparer.Ordinal)];

    private static void Chown(string path, uint owner, uint group)
    {
        using var process = System.Diagnostics.Process.Start("chown", [$"{owner}:{group}", path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
