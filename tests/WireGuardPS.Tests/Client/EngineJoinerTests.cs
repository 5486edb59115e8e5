using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

/// <summary>A shell script in the engine's place.</summary>
public sealed class EngineJoinerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_secret_goes_by_standard_input_and_nowhere_else()
    {
        var engine = Script("""printf '%s|' "$@" > "$(dirname "$0")/argv"; env > "$(dirname "$0")/env"; head -n 1 > "$(dirname "$0")/input"; echo '{"ready":true,"tunnel":"wg7"}'""");

        var report = await JoinAsync(engine, "493 027");

        Assert.Equal("wg7", report.Tunnel);
        Assert.Equal("join|192.0.2.1|--name|wg7|--report|json|--timeout|60|--ends-with-input|", File.ReadAllText(Path.Combine(_directory.Path, "argv")));
        Assert.Equal("493 027\n", File.ReadAllText(Path.Combine(_directory.Path, "input")));
        Assert.DoesNotContain("493 027", File.ReadAllText(Path.Combine(_directory.Path, "env")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_engine_says_meanwhile_is_told_at_once()
    {
        // It goes on only when what it has said was heard.
        var engine = Script("""echo 'the fingerprint is 12' >&2; while [ ! -e "$(dirname "$0")/heard" ]; do sleep 0.02; done; echo '{"ready":true}'""");

        var report = await JoinAsync(engine, "493027", line =>
        {
            Assert.Equal("the fingerprint is 12", line);
            _directory.Write("heard", "");
        });
        Assert.True(report.Ready);
    }

    [Theory]
    [InlineData("""echo '{"ready":false,"errorId":"WrongCode","message":"No."}'; exit 1""", ErrorIds.WrongCode, "No.")]
    [InlineData("""echo '{"ready":false,"errorId":"Unheard","message":"Odd."}'; exit 1""", ErrorIds.EngineFailed, "Odd.")]
    [InlineData("exec 0<&-; echo 'wireguard-engine: There is no verb join' >&2; exit 2", ErrorIds.EngineFailed, "There is no verb join")]
    [InlineData("echo rubbish", ErrorIds.EngineFailed, "no report")]
    [InlineData("head -c 200000 /dev/zero", ErrorIds.EngineFailed, "no report")]
    public async Task A_join_that_failed_says_why(string script, string errorId, string words)
    {
        var exception = await Assert.ThrowsAsync<WgException>(() => JoinAsync(Script(script), "493027"));

        Assert.Equal(errorId, exception.ErrorId);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("493027", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_join_that_is_broken_off_leaves_no_process()
    {
        using var stop = new CancellationTokenSource();
        var engine = Script("""echo $$ > "$(dirname "$0")/pid.new"; mv "$(dirname "$0")/pid.new" "$(dirname "$0")/pid"; exec sleep 60""");
        var joining = JoinAsync(engine, "493027", cancellation: stop.Token, graceToEnd: TimeSpan.FromMilliseconds(100));
        var file = Path.Combine(_directory.Path, "pid");
        while (!File.Exists(file))
            await Task.Delay(20);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining.WaitAsync(Patience));
        var process = int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 0; i < 500 && PeerCredentials.IsRunning(process); i++)
            await Task.Delay(20);
        Assert.False(PeerCredentials.IsRunning(process));
    }

    [Fact]
    public async Task A_join_that_is_broken_off_takes_back_what_it_has_begun()
    {
        using var stop = new CancellationTokenSource();
        var engine = Script("""head -n 1 > /dev/null; touch "$(dirname "$0")/begun"; cat > /dev/null; rm "$(dirname "$0")/begun"; true""");
        var joining = JoinAsync(engine, "493027", cancellation: stop.Token);
        var begun = Path.Combine(_directory.Path, "begun");
        while (!File.Exists(begun))
            await Task.Delay(20);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining.WaitAsync(Patience));
        Assert.False(File.Exists(begun));
    }

    private static Task<StartReport> JoinAsync(string engine, string secret, Action<string>? tell = null, CancellationToken cancellation = default, TimeSpan? graceToEnd = null) => EngineJoiner.JoinAsync(
        engine, ["192.0.2.1", "--name", "wg7"], SecretText.ToUtf8Line(SecretText.ToSecureString(secret)), Patience, tell ?? (_ => { }), cancellation, graceToEnd);

    private string Script(string body)
    {
        var path = _directory.Write("engine.sh", "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
