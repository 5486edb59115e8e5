using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>`join` and Join-WgNetwork broken off, by a person at a terminal and by others.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PromptTests
{
    private const string Nobody = "10.77.0.2:51899";
    private const string CtrlC = "\x03";
    private const string CtrlD = "\x04";

    public static TheoryData<string, string, string> Ends => new()
    {
        { Nobody, "ctrl-c", "Broken off; nobody was asked" },
        { Nobody, "ctrl-d", "Nothing was given." },
        { Nobody, "terminate", "Broken off; nobody was asked" },
        { Nobody, "hang-up", "" },
        { "-", "ctrl-c", "Broken off; nobody was asked" },
        { "-", "ctrl-d", "Nothing was given." },
        { "-", "terminate", "Broken off; nobody was asked" },
        { "-", "hang-up", "" },
    };

    [InteropTheory("setsid", "stty")]
    [MemberData(nameof(Ends))]
    public void A_question_ends_by_whatever_ends_it_and_leaves_the_terminal_as_it_was(string target, string how, string words)
    {
        using var scene = new EnrollmentScene();
        using var terminal = Start(scene, target);
        terminal.AwaitShown(target == "-" ? "Server or invitation: " : "Code: ");
        Assert.False(terminal.Echoes());
        End(terminal, how);

        Assert.Equal(1, terminal.AwaitEnd());
        if (how != "hang-up")
        {
            terminal.AwaitShown(words);
            Assert.Equal(terminal.Before, terminal.Modes());
        }

        AssertNothingWritten(scene);
    }

    [InteropTheory("setsid", "stty")]
    [InlineData("ctrl-c")]
    [InlineData("terminate")]
    [InlineData("hang-up")]
    public void A_wait_for_an_answer_ends_too_and_its_key_goes_as_nobody_has_seen_it(string how)
    {
        using var scene = new EnrollmentScene();
        using var terminal = Start(scene, Nobody);
        terminal.AwaitShown("Code: ");
        terminal.Type("123 456\n");
        Eventually.True(() => File.Exists(scene.ClientConfig + ".joining") || terminal.Program.HasExited, "it asks");
        End(terminal, how);

        Assert.Equal(1, terminal.AwaitEnd());
        if (how != "hang-up")
        {
            terminal.AwaitShown("the server knows nothing of this host");
            Assert.Equal(terminal.Before, terminal.Modes());
        }

        Assert.DoesNotContain("456", terminal.Shown);
        AssertNothingWritten(scene);
    }

    [InteropFact("setsid", "stty")]
    public void A_line_is_edited_as_any_other_and_is_not_shown()
    {
        using var scene = new EnrollmentScene();
        scene.Serve();
        var code = scene.Open();
        using var terminal = Start(scene, "10.77.0.2:51822");
        terminal.AwaitShown("Code: ");
        // The last character is taken back, as with the key for it.
        terminal.Type(code + "9\x7f\n");
        Assert.Equal(0, terminal.AwaitEnd());
        terminal.AwaitShown("is up");
        Assert.DoesNotContain(code, terminal.Shown);
        Assert.Equal(terminal.Before, terminal.Modes());
    }

    [InteropTheory("setsid", "stty")]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_typed_stays_hidden_when_a_shell_has_put_the_modes_of_the_terminal_back(bool continues)
    {
        using var scene = new EnrollmentScene();
        using var terminal = Start(scene, Nobody);
        terminal.AwaitShown("Code: ");
        ProcessResult.Run("stty", ["-F", terminal.Path, "echo"]).EnsureSuccess();
        if (continues)
            Signals.Send(terminal.Program.Id, Signals.Continue);
        Eventually.True(() => !terminal.Echoes(), "it is hidden again");
        // The runtime comes a little later with modes of its own.
        for (var i = 0; i < 10; i++)
        {
            Thread.Sleep(20);
            Assert.False(terminal.Echoes());
        }

        terminal.Type(CtrlC);
        Assert.Equal(1, terminal.AwaitEnd());
        Assert.Equal(terminal.Before, terminal.Modes());
    }

    [InteropTheory]
    [InlineData(Nobody)]
    [InlineData("-")]
    public void Without_standard_input_there_is_no_question(string target)
    {
        using var scene = new EnrollmentScene();
        string[] command = [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, "join", target];
        var closed = scene.Client.Namespace.TryRun("sh", ["-c", "exec timeout 30 \"$@\" <&-", "sh", .. command]);
        Assert.Equal((1, "wireguard-engine: Standard input is closed: nobody can be asked.\n"), (closed.ExitCode, closed.Error));
        var empty = scene.Client.Namespace.TryRun("sh", ["-c", "exec timeout 30 \"$@\" < /dev/null", "sh", .. command]);
        Assert.Equal((1, "wireguard-engine: Nothing was given.\n"), (empty.ExitCode, empty.Error));
        AssertNothingWritten(scene);
    }

    [InteropFact]
    public void Who_holds_its_input_and_lets_go_of_it_breaks_it_off()
    {
        using var scene = new EnrollmentScene();
        string[] command = [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, "join", Nobody, "--name", scene.Client.Interface, "--ends-with-input"];
        using var join = scene.Client.Namespace.Start(command[0], command[1..]);
        join.StandardInput.WriteLine("123456");
        join.StandardInput.Flush();
        Eventually.True(() => File.Exists(scene.ClientConfig + ".joining") || join.HasExited, "it asks");
        join.StandardInput.Close();
        Assert.Contains("the server knows nothing of this host", join.StandardError.ReadToEnd());
        Assert.True(join.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, join.ExitCode);
        AssertNothingWritten(scene);
    }

    [InteropFact("setsid", "stty", "pwsh")]
    public void Join_WgNetwork_ends_at_its_question_and_while_it_waits()
    {
        var module = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(InteropRequirement.Engine!)!, "..", "WireGuard"));
        Assert.True(Directory.Exists(module), $"{module} is there (./build.sh build)");
        using var scene = new EnrollmentScene();
        scene.Client.UseEnvironment([.. scene.Client.EngineLauncher[1..], $"WIREGUARD_ENGINE={InteropRequirement.Engine}", "POWERSHELL_TELEMETRY_OPTOUT=1", "POWERSHELL_UPDATECHECK=Off", "TERM=dumb"]);
        var script = $"Import-Module '{module}'; 'ready'; try {{ Join-WgNetwork {Nobody} -Name {scene.Client.Interface} -Timeout 60 }} finally {{ 'over' }}";
        string[] command = [.. scene.Client.EngineLauncher, "pwsh", "-NoProfile", "-Command", script];

        using (var asked = new Terminal(scene.Client.Namespace, command))
        {
            asked.AwaitShown("Code: ");
            asked.AwaitShown(Terminal.WhereIsCursor);
            asked.Type(CtrlC);
            _ = asked.AwaitEnd();
            AssertNothingWritten(scene);
        }

        using var waiting = new Terminal(scene.Client.Namespace, command);
        waiting.AwaitShown("Code: ");
        waiting.AwaitShown(Terminal.WhereIsCursor);
        waiting.Type("123456\r");
        Eventually.True(() => File.Exists(scene.ClientConfig + ".joining") || waiting.Program.HasExited, $"it asks; there is: {waiting.Shown}");
        waiting.Type(CtrlC);
        _ = waiting.AwaitEnd();
        // It takes back what it has begun while PowerShell is gone already.
        Eventually.True(() => !File.Exists(scene.ClientConfig + ".joining"), "its key goes");
        AssertNothingWritten(scene);
        Assert.DoesNotContain("123456", waiting.Shown);
    }

    private static Terminal Start(EnrollmentScene scene, string target) =>
        new(scene.Client.Namespace, [.. scene.Client.EngineLauncher, InteropRequirement.Engine!, "join", target, "--name", scene.Client.Interface]);

    private static void End(Terminal terminal, string how)
    {
        switch (how)
        {
            case "ctrl-c":
                terminal.Type(CtrlC);
                break;
            case "ctrl-d":
                terminal.Type(CtrlD);
                break;
            case "terminate":
                Signals.Send(terminal.Program.Id, Signals.Terminate);
                break;
            default:
                terminal.HangUp();
                break;
        }
    }

    private static void AssertNothingWritten(EnrollmentScene scene)
    {
        var folder = Path.GetDirectoryName(scene.ClientConfig)!;
        Assert.Empty(Directory.Exists(folder) ? Directory.GetFiles(folder) : []);
        scene.Client.AssertNothingLeft();
    }
}
