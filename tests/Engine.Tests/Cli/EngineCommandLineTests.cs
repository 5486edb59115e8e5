using WireGuard.Engine.Cli;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Cli;

public class EngineCommandLineTests
{
    [Theory]
    [InlineData("wg0", false, "wg0")]
    [InlineData("-f wg0", true, "wg0")]
    [InlineData("wg0 --foreground", true, "wg0")]
    [InlineData("a=b+c.d-e_f", false, "a=b+c.d-e_f")]
    public void An_interface_name_alone_is_the_drop_in_form(string line, bool foreground, string name)
    {
        Assert.True(EngineCommandLine.IsDropIn(EngineCommandLine.CreateRoot(), line.Split(' '), out var actualName, out var actualForeground));
        Assert.Equal((name, foreground), (actualName, actualForeground));
    }

    [Theory]
    [InlineData("show")]
    [InlineData("demo")]
    [InlineData("up wg0")]
    [InlineData("wg0 wg1")]
    [InlineData("-x")]
    [InlineData("--help")]
    [InlineData("a/b")]
    [InlineData("sixteen-letters-")]
    [InlineData("-f")]
    public void Everything_else_is_not(string line) =>
        Assert.False(EngineCommandLine.IsDropIn(EngineCommandLine.CreateRoot(), line.Split(' '), out _, out _));

    [Theory]
    [InlineData("up")]
    [InlineData("up wg0 --timeout 0")]
    [InlineData("up wg0 --timeout soon")]
    [InlineData("up wg0 --report xml")]
    [InlineData("show a b")]
    [InlineData("--nonsense")]
    [InlineData("show --josn")]
    [InlineData("down wg0 --now")]
    [InlineData("check -x")]
    [InlineData("shwo")]
    [InlineData("dwn")]
    public void A_wrong_command_line_is_told_apart_from_a_failure(string line) =>
        Assert.Equal(ExitCode.Usage, EngineCommandLine.Run(line.Split(' ')));

    /// <summary>A tunnel may have a name like an option; after two dashes it is none.</summary>
    [Theory]
    [InlineData("check -- -x")]
    [InlineData("down -- -x")]
    public void What_is_said_to_be_no_option_is_a_name(string line) =>
        Assert.Equal(ExitCode.NotFound, EngineCommandLine.Run(line.Split(' ')));

    [Theory]
    [InlineData("shwo", "show")]
    [InlineData("status", "show")]
    [InlineData("start", "up")]
    [InlineData("stop", "down")]
    [InlineData("ls", "show")]
    [InlineData("version", "--version")]
    [InlineData("wg0.conf", "up wg0.conf")]
    [InlineData("shw", "show")]
    [InlineData("shows", "show")]
    [InlineData("shiw", "show")]
    [InlineData("hsow", "show")]
    [InlineData("xdown", "down")]
    [InlineData("dwon", "down")]
    [InlineData("upp", "up")]
    [InlineData("genkye", "genkey")]
    [InlineData("gnekey", "genkey")]
    [InlineData("demoo", "demo")]
    [InlineData("show", null)]
    [InlineData("u", null)]
    [InlineData("pu", null)]
    [InlineData("wg0", null)]
    [InlineData("show0", null)]
    [InlineData("Show", null)]
    [InlineData("wohs", null)]
    [InlineData("tunnel", null)]
    public void A_slip_of_the_finger_in_a_verb_is_recognised(string word, string? verb) =>
        Assert.Equal(verb, MistypedVerb.Find(word, EngineCommandLine.CreateRoot().Subcommands.Select(c => c.Name)));

    [Theory]
    [InlineData("help")]
    [InlineData("help up")]
    public void Help_is_a_verb_too(string line) => Assert.Equal(ExitCode.Ok, EngineCommandLine.Run(line.Split(' ')));

    [Fact]
    public void A_file_without_a_name_is_not_found() => Assert.Equal(ExitCode.NotFound, EngineCommandLine.Run(["check", ""]));

    [Fact]
    public void A_file_that_is_not_there_is_not_found() =>
        Assert.Equal(ExitCode.NotFound, EngineCommandLine.Run(["check", Path.Combine(Path.GetTempPath(), Guid.NewGuid() + ".conf")]));

    [Fact]
    public void Every_verb_has_a_description()
    {
        foreach (var verb in EngineCommandLine.CreateRoot().Subcommands)
            Assert.False(string.IsNullOrWhiteSpace(verb.Description), verb.Name);
    }

    [Theory]
    [InlineData(StartErrorId.AccessDenied, ExitCode.NoPermission)]
    [InlineData(StartErrorId.ConfigNotFound, ExitCode.NotFound)]
    [InlineData(StartErrorId.TunnelExists, ExitCode.Exists)]
    [InlineData(StartErrorId.EngineTimeout, ExitCode.Timeout)]
    [InlineData(StartErrorId.TunNotAvailable, ExitCode.NotAvailable)]
    [InlineData(StartErrorId.CryptoUnavailable, ExitCode.NotAvailable)]
    [InlineData(StartErrorId.ConfigInvalid, ExitCode.ConfigInvalid)]
    [InlineData(StartErrorId.InvalidValue, ExitCode.Usage)]
    public void Start_errors_have_exit_codes(StartErrorId id, ExitCode expected) => Assert.Equal(expected, CommandException.CodeOf(id));
}
