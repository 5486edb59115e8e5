using WireGuard.Conversion;
using WireGuard.Errors;

namespace WireGuard.Tests.Conversion;

public sealed class PrivateFileTests : IDisposable
{
    private readonly TestDirectory _folder = new();

    private string File1 => Path.Combine(_folder.Path, "a.conf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nobody_else_can_read_it()
    {
        PrivateFile.Write(File1, false, w => w.Write("text"));

        Assert.Equal("text", File.ReadAllText(File1));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_is_there_stays_unless_it_is_to_be_replaced()
    {
        File.WriteAllText(File1, "old");
        File.SetUnixFileMode(File1, (UnixFileMode)0x1B6);

        Assert.Equal(ErrorIds.FileExists, Failure(() => PrivateFile.Write(File1, false, w => w.Write("new"))));
        Assert.Equal("old", File.ReadAllText(File1));
        PrivateFile.Write(File1, true, w => w.Write("new"));
        Assert.Equal("new", File.ReadAllText(File1));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        var target = Path.Combine(_folder.Path, "target");
        File.CreateSymbolicLink(File1, target);

        Assert.Equal(ErrorIds.FileExists, Failure(() => PrivateFile.Write(File1, false, w => w.Write("new"))));
        PrivateFile.Write(File1, true, w => w.Write("new"));
        Assert.False(File.Exists(target));
        Assert.Null(new FileInfo(File1).LinkTarget);
    }

    [Fact]
    public void What_fails_in_the_middle_leaves_nothing()
    {
        File.WriteAllText(File1, "old");

        Assert.Throws<FormatException>(() => PrivateFile.Write(File1, true, w =>
        {
            w.Write("half");
            throw new FormatException();
        }));
        Assert.Equal("old", File.ReadAllText(File1));
        Assert.Equal([File1], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told_and_made_when_asked_for()
    {
        var folder = Path.Combine(_folder.Path, "new");

        Assert.Equal(ErrorIds.WriteFailed, Failure(() => PrivateFile.Write(Path.Combine(folder, "a.conf"), false, w => w.Write("x"))));
        PrivateFile.MakeFolder(folder);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        PrivateFile.MakeFolder(folder);
        File.WriteAllText(File1, "");
        Assert.Equal(ErrorIds.WriteFailed, Failure(() => PrivateFile.MakeFolder(File1)));
    }

    private static string Failure(Action action) => Assert.Throws<WgException>(action).ErrorId;
}
