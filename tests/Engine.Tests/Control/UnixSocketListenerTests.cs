using System.Net.Sockets;
using System.Runtime.Versioning;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

[SupportedOSPlatform("linux")]
public sealed class UnixSocketListenerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string SocketPath => Path.Combine(_folder.Sockets, "wg0.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Directory_is_0700_socket_0600_and_nothing_else_is_there()
    {
        using var listener = UnixSocketListener.Bind(SocketPath);
        Assert.Equal("700", Mode(_folder.Sockets));
        Assert.Equal("600", Mode(SocketPath));
        Assert.Equal([SocketPath], Directory.GetFileSystemEntries(_folder.Sockets));
        using var client = new SocketClient(SocketPath);
    }

    [Fact]
    public void Dispose_removes_the_socket()
    {
        UnixSocketListener.Bind(SocketPath).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Sockets));
    }

    [Fact]
    public void A_dead_predecessors_socket_is_replaced()
    {
        LeaveStaleSocket();
        using var listener = UnixSocketListener.Bind(SocketPath);
        using var client = new SocketClient(SocketPath);
    }

    [Fact]
    public void Of_sockets_only_a_dead_engines_is_removed_as_stale()
    {
        UnixSocketListener.RemoveStale(SocketPath);
        LeaveStaleSocket();
        UnixSocketListener.RemoveStale(SocketPath);
        Assert.False(File.Exists(SocketPath));

        using (var living = UnixSocketListener.Bind(SocketPath))
        {
            UnixSocketListener.RemoveStale(SocketPath);
            Assert.True(File.Exists(SocketPath));
        }

        File.WriteAllText(SocketPath, "precious");
        UnixSocketListener.RemoveStale(SocketPath);
        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public void A_living_engine_is_respected()
    {
        using var first = UnixSocketListener.Bind(SocketPath);
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(SocketPath));
        Assert.Equal(UnixSocketError.TunnelExists, e.Error);
        Assert.Equal($"Tunnel wg0 is running already (its socket {SocketPath} answers).", e.Message);
        using var client = new SocketClient(SocketPath);
        Assert.Equal([SocketPath], Directory.GetFileSystemEntries(_folder.Sockets));
    }

    [Fact]
    public void A_living_engine_whose_queue_is_full_is_respected_without_waiting()
    {
        Directory.CreateDirectory(_folder.Sockets);
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(SocketPath));
        busy.Listen(0);
        using var waiting = new SocketClient(SocketPath);
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(SocketPath));
        Assert.Equal(UnixSocketError.TunnelExists, e.Error);
    }

    [Fact]
    public async Task Of_many_that_start_at_once_one_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            try
            {
                return (object)UnixSocketListener.Bind(SocketPath);
            }
            catch (UnixSocketException e)
            {
                return e.Error;
            }
        })));
        using var winner = Assert.Single(outcomes.OfType<UnixSocketListener>());
        Assert.Equal(7, outcomes.Count(outcome => outcome is UnixSocketError.TunnelExists));
        Assert.Equal([SocketPath], Directory.GetFileSystemEntries(_folder.Sockets));
    }

    [Fact]
    public void What_is_no_socket_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(_folder.Sockets);
        File.WriteAllText(SocketPath, "precious");
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(SocketPath));
        Assert.Equal(UnixSocketError.PathOccupied, e.Error);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_symbolic_link_at_the_path_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(_folder.Sockets);
        var target = Path.Combine(_folder.Root, "target");
        File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(SocketPath, target);
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(SocketPath));
        Assert.Equal(UnixSocketError.PathOccupied, e.Error);
        Assert.Equal("precious", File.ReadAllText(target));
        Assert.NotNull(new FileInfo(SocketPath).LinkTarget);
    }

    [Fact]
    public void A_directory_that_is_a_symbolic_link_is_refused()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder.Root, "elsewhere")).FullName;
        Directory.CreateSymbolicLink(_folder.Sockets, elsewhere);
        AssertUnsafe("symbolic link");
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_directory_that_others_can_write_is_refused(UnixFileMode extra)
    {
        Directory.CreateDirectory(_folder.Sockets);
        File.SetUnixFileMode(_folder.Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | extra);
        AssertUnsafe("writable");
    }

    [RootFact("chown")]
    public void A_directory_of_another_user_is_refused()
    {
        Directory.CreateDirectory(_folder.Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(0, Programs.Run("chown", "65534", _folder.Sockets).ExitCode);
        AssertUnsafe("belongs to user 65534");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, false)]
    [InlineData(UnixFileMode.OtherWrite, false)]
    [InlineData(UnixFileMode.OtherWrite | UnixFileMode.StickyBit, true)]
    public void A_directory_above_that_others_can_write_must_be_sticky(UnixFileMode extra, bool isSafe)
    {
        var above = Directory.CreateDirectory(Path.Combine(_folder.Root, "above"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        var path = Path.Combine(above, "between", "sockets", "wg0.sock");
        UnixSocketListener.Bind(path).Dispose();
        File.SetUnixFileMode(above, File.GetUnixFileMode(above) | extra);
        AssertSafety(path, isSafe, $"{above} is writable");
    }

    [RootFact("chown")]
    public void A_directory_above_of_another_user_is_refused_behind_a_link_too()
    {
        var above = Directory.CreateDirectory(Path.Combine(_folder.Root, "above")).FullName;
        var link = Path.Combine(_folder.Root, "link");
        Directory.CreateSymbolicLink(link, above);
        var path = Path.Combine(link, "sockets", "wg0.sock");
        AssertSafety(path, true, "");
        Assert.Equal(0, Programs.Run("chown", "65534", above).ExitCode);
        AssertSafety(path, false, $"{above} belongs to user 65534");
        AssertSafety(Path.Combine(above, "sockets", "wg0.sock"), false, $"{above} belongs to user 65534");
    }

    [Fact]
    public void A_file_in_the_directorys_place_is_refused()
    {
        File.WriteAllText(_folder.Sockets, "");
        AssertUnsafe("not a directory");
    }

    [Fact]
    public void A_path_too_long_for_a_socket_is_told_as_such()
    {
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(Path.Combine(_folder.Root, new string('d', 100), "wg0.sock")));
        Assert.Equal(UnixSocketError.SystemRefused, e.Error);
    }

    [Fact]
    public void Dispose_leaves_a_successors_socket_alone()
    {
        var first = UnixSocketListener.Bind(SocketPath);
        File.Delete(SocketPath);
        using var second = UnixSocketListener.Bind(SocketPath);
        first.Dispose();
        using var client = new SocketClient(SocketPath);
    }

    [Fact]
    public void Removal_of_the_file_is_noticed_once()
    {
        var clock = new ManualTimeProvider();
        var told = 0;
        using var listener = UnixSocketListener.Bind(SocketPath);
        listener.SocketFileRemoved += () => told++;
        listener.Watch(clock);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, told);
        File.Delete(SocketPath);
        clock.Advance(TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, told);
    }

    [Fact]
    public void Replacement_of_the_file_is_noticed()
    {
        var clock = new ManualTimeProvider();
        var told = 0;
        using var listener = UnixSocketListener.Bind(SocketPath);
        listener.SocketFileRemoved += () => told++;
        listener.Watch(clock);
        File.Delete(SocketPath);
        File.WriteAllText(SocketPath, "");
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, told);
        listener.Dispose();
        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public async Task An_inherited_listening_socket_is_taken_over_and_its_file_left_to_its_maker()
    {
        Directory.CreateDirectory(_folder.Sockets);
        using var maker = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        maker.Bind(new UnixDomainSocketEndPoint(SocketPath));
        maker.Listen(4);
        var descriptor = Programs.Duplicate((int)maker.Handle);

        var server = new UapiServer(new FakeDeviceControl(), new UapiServerOptions { Tunnel = "wg0", Directory = _folder.Sockets, ListeningDescriptor = descriptor });
        server.Start();
        using (var client = new SocketClient(SocketPath))
            Assert.Equal("errno=0\n\n", await client.AskAsync("get=1\n\n"));
        await server.DisposeAsync();
        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public void A_descriptor_that_is_no_listening_socket_is_refused_and_not_closed()
    {
        using var file = File.OpenHandle(Path.Combine(_folder.Root, "file"), FileMode.Create, FileAccess.ReadWrite);
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.FromDescriptor((int)file.DangerousGetHandle(), SocketPath));
        Assert.Equal(UnixSocketError.SystemRefused, e.Error);
        RandomAccess.Write(file, "still open"u8, 0);

        using var unbound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Throws<UnixSocketException>(() => UnixSocketListener.FromDescriptor((int)unbound.Handle, SocketPath));
        unbound.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder.Root, "x.sock")));
        Assert.Throws<UnixSocketException>(() => UnixSocketListener.FromDescriptor(-1, SocketPath));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../etc")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("wg\u00e9")]
    [InlineData("sixteen-letters-")]
    public void Names_that_are_no_interface_names_have_no_path(string name)
    {
        Assert.Throws<ArgumentException>(() => UnixSocketListener.PathFor("/run", name));
        Assert.Equal("/run/wg-0.a_b=c+d.sock", UnixSocketListener.PathFor("/run", "wg-0.a_b=c+d"));
    }

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private void LeaveStaleSocket()
    {
        Directory.CreateDirectory(_folder.Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var birthName = Path.Combine(_folder.Sockets, "birth");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(birthName));
            socket.Listen(1);
            File.Move(birthName, SocketPath);
        }

        Assert.True(File.Exists(SocketPath));
        Assert.Throws<SocketException>(() => new SocketClient(SocketPath));
    }

    private static void AssertSafety(string path, bool isSafe, string message)
    {
        var failure = Record.Exception(() => UnixSocketListener.Bind(path).Dispose());
        if (isSafe)
            Assert.Null(failure);
        else
            Assert.Contains(message, Assert.IsType<UnixSocketException>(failure).Message);
    }

    private void AssertUnsafe(string message)
    {
        var e = Assert.Throws<UnixSocketException>(() => UnixSocketListener.Bind(SocketPath));
        Assert.Equal(UnixSocketError.UnsafeDirectory, e.Error);
        Assert.Contains(message, e.Message);
    }
}
