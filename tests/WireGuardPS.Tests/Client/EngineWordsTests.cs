using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

public sealed class EngineWordsTests
{
    [Theory]
    [InlineData("wireguard-engine: --masquerade lets out of this host what --kill-switch is to keep in; --forward goes with it.\nTry `wireguard-engine --help`.", "-Masquerade lets out of this host what -KillSwitch is to keep in; -Forward goes with it.")]
    [InlineData("wireguard-engine: --control-group-write says nothing without --control-group.", "-ControlGroupWrite says nothing without -ControlGroup.")]
    [InlineData("wireguard-engine: --socket-netns and --netns", "-SocketNetNs and -NetNs")]
    [InlineData("--unheard-of stays", "--unheard-of stays")]
    [InlineData("", "")]
    public void Options_are_called_as_the_parameters_are_and_nobody_is_sent_to_another_help(string said, string expected) =>
        Assert.Equal(expected, EngineWords.ForShell(said));

    [Fact]
    public void Every_line_is_kept() => Assert.Equal($"one{Environment.NewLine}two", EngineWords.ForShell("wireguard-engine: one\r\n wireguard-engine: two\n"));

    [Theory]
    [InlineData(1, ErrorIds.ServiceFailed)]
    [InlineData(2, ErrorIds.InvalidValue)]
    [InlineData(3, ErrorIds.AccessDenied)]
    [InlineData(4, ErrorIds.ConfigNotFound)]
    [InlineData(8, ErrorIds.ConfigInvalid)]
    public void Exit_codes_are_told_apart(int code, string expected) => Assert.Equal(expected, EngineWords.ErrorIdOf(code, ErrorIds.ServiceFailed));
}
