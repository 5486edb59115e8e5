using System.Diagnostics;
using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

/// <summary>Real processes: the fake engine's, or a shell script in its place.</summary>
public sealed class EngineProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Public_keys_come_from_one_process()
    {
        using var session = new PublicKeySession(TestPaths.FakeEngine);
        using var key = SecretKey.Parse(Keys.Private);

        Assert.Equal(Keys.PrivatesPublic, await session.DeriveAsync(key, Patience, CancellationToken.None));
        Assert.Equal(Keys.PrivatesPublic, await session.DeriveAsync(key, Patience, CancellationToken.None));
    }

    [Fact]
    public async Task An_engine_that_fails_to_derive_is_quoted()
    {
        using var session = new PublicKeySession(Script("echo 'libsodium is missing' >&2; exit 1"));
        using var key = SecretKey.Parse(Keys.Private);

        var exception = await Assert.ThrowsAsync<WgException>(() => session.DeriveAsync(key, Patience, CancellationToken.None));
        Assert.Equal(ErrorIds.EngineFailed, exception.ErrorId);
        Assert.Contains("libsodium is missing", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Private, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_report_is_read_while_a_child_holds_the_output()
    {
        // As a detached engine would that kept its streams.
        var engine = Script("""echo '{"ready":true,"tunnel":"wg0","processId":42}'; sleep 2 &""");

        var report = await EngineLauncher.StartAsync(engine, "/x/wg0.conf", Patience, [], CancellationToken.None);
        Assert.Equal((true, 42), (report.Ready, report.ProcessId));
    }

    [Theory]
    [InlineData("""echo '{"ready":false,"errorId":"TunNotAvailable","message":"No TUN."}'; exit 1""", ErrorIds.TunNotAvailable, "No TUN.")]
    [InlineData("""echo '{"ready":false,"errorId":"Unheard","message":"Odd."}'; exit 1""", ErrorIds.EngineFailed, "Odd.")]
    [InlineData("echo 'cannot load' >&2; exit 1", ErrorIds.EngineFailed, "cannot load")]
    [InlineData("echo rubbish; exit 0", ErrorIds.EngineFailed, "no report")]
    [InlineData("printf half; exit 0", ErrorIds.EngineFailed, "no report")]
    [InlineData("head -c 200000 /dev/zero; exit 0", ErrorIds.EngineFailed, "no report")]
    public async Task A_failed_start_says_why(string script, string errorId, string words)
    {
        var exception = await Assert.ThrowsAsync<WgException>(
            () => EngineLauncher.StartAsync(Script(script), "/x/wg0.conf", Patience, [], CancellationToken.None));
        Assert.Equal(errorId, exception.ErrorId);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_timeout_and_options_are_the_only_arguments()
    {
        var engine = Script("""printf '%s|' "$@" > "$(dirname "$0")/argv"; echo '{"ready":true}'""");

        await EngineLauncher.StartAsync(engine, "/x/a b.conf", TimeSpan.FromSeconds(1.2), ["--kill-switch"], CancellationToken.None);
        Assert.Equal("up|/x/a b.conf|--report|json|--timeout|2|--kill-switch|", File.ReadAllText(Path.Combine(_directory.Path, "argv")));
    }

    [Fact]
    public async Task A_silent_start_ends_with_the_timeout_and_leaves_no_process()
    {
        var engine = Script("""echo $$ > "$(dirname "$0")/pid"; exec sleep 60""");

        var exception = await Assert.ThrowsAsync<WgException>(
            () => EngineLauncher.StartAsync(engine, "/x/wg0.conf", TimeSpan.FromMilliseconds(1), [], CancellationToken.None));
        Assert.Equal(ErrorIds.EngineTimeout, exception.ErrorId);
        var pid = int.Parse(File.ReadAllText(Path.Combine(_directory.Path, "pid")), System.Globalization.CultureInfo.InvariantCulture);
        Assert.False(await LivesAsync(pid));
    }

    [Fact]
    public async Task A_file_that_is_no_program_fails_cleanly()
    {
        var path = _directory.Write("text", "neither ELF nor script");
        MakeExecutable(path);

        var exception = await Assert.ThrowsAsync<WgException>(() => EngineLauncher.StartAsync(path, "/x/wg0.conf", Patience, [], CancellationToken.None));
        Assert.Equal(ErrorIds.EngineFailed, exception.ErrorId);
    }

    [Fact]
    public void A_running_process_is_told_from_one_that_ended()
    {
        using var process = Process.Start("true");
        process.WaitForExit();

        Assert.False(PeerCredentials.IsRunning(process.Id));
        Assert.False(PeerCredentials.IsRunning(0));
        Assert.Equal(OperatingSystem.IsLinux(), PeerCredentials.IsRunning(Environment.ProcessId));
    }

    private static async Task<bool> LivesAsync(int pid)
    {
        for (var i = 0; i < 500 && PeerCredentials.IsRunning(pid); i++)
            await Task.Delay(10);
        return PeerCredentials.IsRunning(pid);
    }

    private static void MakeExecutable(string path) =>
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private string Script(string body)
    {
        var path = _directory.Write("engine", "#!/bin/sh\n" + body + "\n");
        MakeExecutable(path);
        return path;
    }
}
