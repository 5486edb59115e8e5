using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public sealed class FileLogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wgps-log");

    private string FilePath => Path.Combine(_directory.FullName, "wg0.log");

    private string OldPath => FilePath + ".1";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Lines_are_there_at_once_and_nobody_else_reads_them()
    {
        using var log = Open();
        log.Information("up");
        log.Error("line\nbreak");
        Assert.Equal(
            ["2026-11-21T09:30:00.123Z info wg0: up", "2026-11-21T09:30:00.123Z error wg0: line\\nbreak"],
            File.ReadAllLines(FilePath));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void What_was_there_becomes_the_old_file()
    {
        File.WriteAllText(FilePath, "before");
        File.WriteAllText(OldPath, "long before");
        using var log = Open();
        Assert.Equal("before", File.ReadAllText(OldPath));
        Assert.Empty(File.ReadAllText(FilePath));
    }

    [Fact]
    public void Never_larger_than_its_bound()
    {
        const int Count = 3000;
        using (var log = Open())
        {
            for (var number = 0; number < Count; number++)
            {
                log.Information($"number {number} {new string('\u4E00', number % 7 == 0 ? 5000 : 10)}");
                Assert.InRange(new FileInfo(FilePath).Length, 1, FileLog.MinMaxBytes);
            }
        }

        Assert.Equal(["wg0.log", "wg0.log.1"], _directory.GetFiles().Select(f => f.Name).Order());
        var kept = File.ReadAllLines(OldPath).Concat(File.ReadAllLines(FilePath)).ToList();
        Assert.InRange(kept.Count, 2, Count - 1);
        for (var index = 0; index < kept.Count; index++)
            Assert.Contains($"wg0: number {Count - kept.Count + index} ", kept[index]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Refuses_a_symbolic_link(bool dangling)
    {
        var target = Path.Combine(_directory.FullName, "target");
        if (!dangling)
            File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(FilePath, target);
        var error = Assert.Throws<IOException>(Open);
        Assert.Equal($"{FilePath} is a symbolic link; the log does not follow it.", error.Message);
        Assert.Equal(!dangling, File.Exists(target));
        Assert.False(File.Exists(OldPath));
    }

    [Fact]
    public void A_link_that_comes_later_is_not_followed_either()
    {
        var target = Path.Combine(_directory.FullName, "target");
        File.WriteAllText(target, "precious");
        using var log = Open();
        File.Delete(FilePath);
        File.CreateSymbolicLink(FilePath, target);
        for (var number = 0; number < 1000; number++)
            log.Information(new string('x', 100));
        Assert.Equal("precious", File.ReadAllText(target));

        File.Delete(FilePath);
        log.Information("again");
        Assert.EndsWith("again", Assert.Single(File.ReadAllLines(FilePath)));
    }

    [Fact]
    public void A_link_in_the_old_files_place_is_replaced()
    {
        var target = Path.Combine(_directory.FullName, "target");
        File.WriteAllText(target, "precious");
        File.WriteAllText(FilePath, "before");
        File.CreateSymbolicLink(OldPath, target);
        using var log = Open();
        Assert.Equal("precious", File.ReadAllText(target));
        Assert.Null(new FileInfo(OldPath).LinkTarget);
        Assert.Equal("before", File.ReadAllText(OldPath));
    }

    [Fact]
    public void Writing_after_disposal_is_no_error()
    {
        var log = Open();
        log.Dispose();
        log.Error("late");
        Assert.Empty(File.ReadAllText(FilePath));
    }

    [Fact]
    public void Too_small_a_bound() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FileLog(FilePath, "wg0", FileLog.MinMaxBytes - 1));

    private FileLog Open() => new(FilePath, "wg0", FileLog.MinMaxBytes, new FrozenTime());
}
