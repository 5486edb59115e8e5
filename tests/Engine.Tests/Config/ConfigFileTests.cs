using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

public sealed class ConfigFileTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Good = "[Interface]\nPrivateKey = " + TestKeys.Private + "\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wgps-config");

    private string FilePath => Path.Combine(_directory.FullName, "wg0.conf");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(false, "\n")]
    [InlineData(true, "\n")]
    [InlineData(false, "\r\n")]
    [InlineData(true, "\r\n")]
    public void Byte_order_mark_and_line_ends(bool mark, string newLine)
    {
        File.WriteAllText(FilePath, (Good + "# Name = Büro\n[Peer]\nPublicKey=" + TestKeys.PeerA).ReplaceLineEndings(newLine), new UTF8Encoding(mark));
        var result = ConfigParser.ParseFile(FilePath);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(FilePath, result.Config!.Path);
        Assert.Equal("Büro", result.Config.Peers[0].Name);
        Assert.Equal(TestKeys.Private, result.Config.Interface.PrivateKey!.ToBase64());
    }

    [Fact]
    public void Missing() => Refused(FilePath, "FileNotFound", ": error: There is no such file.");

    [Fact]
    public void Missing_directory() => Refused(Path.Combine(FilePath, "x.conf"), "FileNotFound", ": error: There is no such file.");

    [Fact]
    public void Below_a_file()
    {
        File.WriteAllText(FilePath, Good);
        var result = ConfigParser.ParseFile(Path.Combine(FilePath, "x.conf"));
        Assert.Contains(Assert.Single(result.Diagnostics).Id, (string[])["FileNotFound", "FileUnreadable"]);
    }

    [Fact]
    public void A_directory() => Refused(_directory.FullName, "FileUnreadable", ": error: This is a directory, not a file.");

    // Links in a circle cannot be followed by anybody, root included.
    [Fact]
    public void Reading_fails()
    {
        File.CreateSymbolicLink(FilePath, FilePath);
        var result = ConfigParser.ParseFile(FilePath);
        var error = Assert.Single(result.Diagnostics);
        Assert.Null(result.Config);
        Assert.Equal("FileUnreadable", error.Id);
        Assert.StartsWith($"{FilePath}: error: The file cannot be read: ", error.ToString());
    }

    [Fact]
    public void Too_large()
    {
        using (var file = File.Create(FilePath))
            file.SetLength(ConfigParser.MaxFileBytes + 1);
        Refused(FilePath, "FileTooLarge", ": error: The file is larger than 16 MiB.");
    }

    // To open such a pipe would wait for somebody who writes to it.
    [Fact]
    public async Task A_pipe_without_a_writer()
    {
        using var maker = Process.Start("mkfifo", [FilePath]);
        maker.WaitForExit();
        Assert.Equal(0, maker.ExitCode);
        var link = Path.Combine(_directory.FullName, "wg1.conf");
        File.CreateSymbolicLink(link, FilePath);
        foreach (var path in (string[])[FilePath, link])
        {
            var parsing = Task.Factory.StartNew(() => RefusedAsSpecial(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (await Task.WhenAny(parsing, Task.Delay(TimeSpan.FromSeconds(20))) != parsing)
            {
                using var writer = new FileStream(FilePath, FileMode.Open, FileAccess.ReadWrite);
                Assert.Fail($"Parsing {path} waits for a writer.");
            }

            await parsing;
        }
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    [InlineData("/dev/ptmx")]
    public void A_device(string path) => RefusedAsSpecial(path);

    [Fact]
    public void What_the_shell_makes_of_a_process()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        RefusedAsSpecial($"/proc/self/fd/{pipe.SafePipeHandle.DangerousGetHandle()}");
    }

    [Fact]
    public void An_empty_file()
    {
        File.WriteAllText(FilePath, "");
        RefusedAsSpecial(FilePath);
    }

    [Fact]
    public void A_link_to_a_file()
    {
        File.WriteAllText(FilePath, Good);
        var link = Path.Combine(_directory.FullName, "Büro.conf");
        File.CreateSymbolicLink(link, "wg0.conf");
        Assert.Empty(ConfigParser.ParseFile(link).Diagnostics);
    }

    [Fact]
    public void Just_not_too_large()
    {
        File.WriteAllText(FilePath, Good + new string('#', ConfigParser.MaxFileBytes - Good.Length));
        Assert.Empty(ConfigParser.ParseFile(FilePath).Diagnostics);
    }

    [Fact]
    public void Utf16()
    {
        File.WriteAllText(FilePath, Good, Encoding.Unicode);
        Refused(FilePath, "InvalidEncoding", ":1:1: error: The file is UTF-16; save it as UTF-8.");
    }

    [Fact]
    public void Not_utf8()
    {
        File.WriteAllBytes(FilePath, [.. "[Interface]\n# B"u8, .. "ü"u8, 0xFC, .. "ro"u8]);
        Refused(FilePath, "InvalidEncoding", ":2:5: error: The file is not valid UTF-8 here.");
    }

    [Fact]
    public void Readable_by_others()
    {
        Assert.Empty(ParseWithModes(Private, open: true));
        Assert.Empty(ParseWithModes(Private | UnixFileMode.GroupRead, open: true));
        Assert.Empty(ParseWithModes(Private | UnixFileMode.OtherRead, open: false));
        Assert.Equal([$"{FilePath}: warning: Everybody on this machine can read the file and the private key in it; chmod 600 it."],
            ParseWithModes(Private | UnixFileMode.OtherRead, open: true));
        Assert.Equal([$"{FilePath}: warning: Everybody on this machine can change the file; chmod 600 it."],
            ParseWithModes(Private | UnixFileMode.OtherWrite, open: true));
    }

    [Fact]
    public void A_link_in_a_closed_directory_to_an_open_file()
    {
        File.WriteAllText(FilePath, Good);
        SetModes(Private | UnixFileMode.OtherRead, open: true);
        var closed = Directory.CreateTempSubdirectory("wgps-config");
        try
        {
            var link = Path.Combine(closed.FullName, "wg1.conf");
            File.CreateSymbolicLink(link, FilePath);
            Assert.Equal(["WorldReadable"], ConfigParser.ParseFile(link).Diagnostics.Select(d => d.Id));
        }
        finally
        {
            closed.Delete(recursive: true);
        }
    }

    [Fact]
    public void Readable_by_others_but_without_a_key()
    {
        File.WriteAllText(FilePath, "[Interface]\n");
        Assert.Equal(["NoPrivateKey"], ParseOpen().Select(d => d.Id));
    }

    [Fact]
    public void A_broken_file_warns_as_well()
    {
        File.WriteAllText(FilePath, "[Interface]\nPrivateKey = x");
        Assert.Equal(["WorldReadable", "InvalidKey"], ParseOpen().Select(d => d.Id));
    }

    [Fact]
    public void Load_throws_every_error()
    {
        File.WriteAllText(FilePath, "[Interface]\nPrivateKey = x\nMTU = y");
        var error = Assert.Throws<ConfigException>(() => ConfigParser.Load(FilePath));
        Assert.Contains($"{FilePath}:2:14: error: ", error.Message);
        Assert.Contains($"{FilePath}:3:7: error: ", error.Message);
        File.WriteAllText(FilePath, Good);
        using var config = ConfigParser.Load(FilePath);
        Assert.NotNull(config.Interface.PrivateKey);
    }

    private static void RefusedAsSpecial(string path) => Refused(
        path, "FileUnreadable", ": error: This is empty or not a regular file; pipes and devices, such as /dev/stdin and the shell's <(...), are not read.");

    private static void Refused(string path, string id, string message)
    {
        var result = ConfigParser.ParseFile(path);
        Assert.Null(result.Config);
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal(id, error.Id);
        Assert.Equal(path + message, error.ToString());
    }

    private IReadOnlyList<ConfigDiagnostic> ParseOpen()
    {
        SetModes(Private | UnixFileMode.OtherRead, open: true);
        return ConfigParser.ParseFile(FilePath).Diagnostics;
    }

    private IEnumerable<string> ParseWithModes(UnixFileMode file, bool open)
    {
        File.WriteAllText(FilePath, Good);
        SetModes(file, open);
        return ConfigParser.ParseFile(FilePath).Diagnostics.Select(d => d.ToString());
    }

    private void SetModes(UnixFileMode file, bool open)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException();
        File.SetUnixFileMode(_directory.FullName, Private | UnixFileMode.UserExecute | (open ? UnixFileMode.OtherExecute : 0));
        File.SetUnixFileMode(FilePath, file);
    }
}
