using System.CommandLine;
using System.Net;
using WireGuard.Engine.Cli;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Tests.Cli;

public sealed class StartArgumentsTests
{
    private readonly StartArguments _arguments = new();
    private readonly Command _command = new("up");

    public StartArgumentsTests() => _arguments.AddTo(_command);

    [Fact]
    public void What_up_hands_on_is_read_as_the_same()
    {
        var choices = new StartChoices
        {
            AllowHooks = true,
            ControlGroup = "adm",
            ControlGroupWrites = true,
            Queues = Environment.ProcessorCount,
            Host = new HostChoices { KillSwitch = true, ExcludedRoutes = [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("fd00::/8")] },
        };
        var read = Read([.. StartArguments.For(choices)]);
        Assert.Equal((true, true, Environment.ProcessorCount), (read.AllowHooks, read.Host.KillSwitch, read.Queues));
        Assert.Equal(("adm", true), (read.ControlGroup, read.ControlGroupWrites));
        Assert.Equal(choices.Host.ExcludedRoutes, read.Host.ExcludedRoutes);
    }

    [Theory]
    [InlineData(false, "--forward")]
    [InlineData(true, "--masquerade")]
    public void Forwarding_is_handed_on_and_comes_with_masquerading(bool masquerade, string word)
    {
        var choices = new StartChoices { Host = new HostChoices { Forward = true, Masquerade = masquerade } };
        Assert.Equal([word], StartArguments.For(choices));
        Assert.Equal((true, masquerade), (Read(word).Host.Forward, Read(word).Host.Masquerade));
        Assert.Equal((false, false), (Read().Host.Forward, Read().Host.Masquerade));
    }

    [Fact]
    public void Masquerading_would_let_out_what_a_kill_switch_keeps_in_and_forwarding_does_not()
    {
        Assert.Contains("--masquerade", Assert.Single(_command.Parse(["--kill-switch", "--masquerade"]).Errors).Message);
        Assert.True(Read("--kill-switch", "--forward").Host is { KillSwitch: true, Forward: true });
    }

    [Fact]
    public void Namespaces_are_handed_on_and_paths_are_absolute_before()
    {
        var choices = new StartChoices { NetNs = "box", SocketNetNs = "/proc/7/ns/net" };
        Assert.Equal(["--netns", "box", "--socket-netns", "/proc/7/ns/net"], StartArguments.For(choices));
        var read = Read([.. StartArguments.For(choices)]);
        Assert.Equal(("box", "/proc/7/ns/net"), (read.NetNs, read.SocketNetNs));
        Assert.Equal((null, null), (Read().NetNs, Read().SocketNetNs));
        Assert.Equal(Path.GetFullPath("ns/net"), Read("--netns", "./ns/net").NetNs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("bo\nx")]
    public void What_cannot_be_a_namespace_is_refused(string text) => Assert.Contains("--netns", Assert.Single(_command.Parse(["--netns", text]).Errors).Message);

    [Fact]
    public void There_is_no_way_around_a_tunnel_in_another_namespace() =>
        Assert.Contains("--exclude-route", Assert.Single(_command.Parse(["--netns", "box", "--exclude-route", "10.0.0.0/8"]).Errors).Message);

    [Fact]
    public void Nothing_is_chosen_unless_it_is_said()
    {
        Assert.Empty(StartArguments.For(StartChoices.None));
        Assert.Equal((false, false, 0, null), (Read().AllowHooks, Read().Host.KillSwitch, Read().Host.ExcludedRoutes.Count, Read().Queues));
        Assert.Equal((Environment.ProcessorCount, Environment.ProcessorCount), (Read().Lanes, StartArguments.QueuesOfDropIn()));
        Assert.Equal(1, Read("--queues", "1").Lanes);
    }

    [Fact]
    public void Prefixes_are_one_or_several_to_a_word_and_lose_their_host_bits() =>
        Assert.Equal(["10.1.0.0/16", "10.9.9.9/32", "fd00::/8"], Read("--exclude-route", "10.1.2.3/16,10.9.9.9", "--exclude-route", "fd00::1/8").Host.ExcludedRoutes.Select(p => p.ToString()));

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0/8")]
    [InlineData("lan")]
    [InlineData("fd00::/129")]
    [InlineData("10.0.0.0/+8")]
    public void What_is_no_prefix_is_refused(string text) => Assert.NotEmpty(_command.Parse(["--exclude-route", text]).Errors);

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("192.168.0.0/16,::/0")]
    public void A_kill_switch_that_would_close_nothing_is_refused(string excluded)
    {
        Assert.Contains("--kill-switch", Assert.Single(_command.Parse(["--kill-switch", "--exclude-route", excluded]).Errors).Message);
        Assert.Empty(_command.Parse(["--exclude-route", excluded]).Errors);
        Assert.NotEmpty(_command.Parse(["--kill-switch", "--exclude-route", "lan"]).Errors);
    }

    [Fact]
    public void Writing_without_a_group_is_refused() =>
        Assert.Equal("--control-group-write says nothing without --control-group.", Assert.Single(_command.Parse(["--control-group-write"]).Errors).Message);

    private StartChoices Read(params string[] words)
    {
        var parsed = _command.Parse(words);
        Assert.Empty(parsed.Errors);
        return _arguments.ChoicesOf(parsed);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1025")]
    public void Lanes_without_a_processor_are_refused(string queues)
    {
        var parsed = _command.Parse(["--queues", queues]);
        Assert.Equal($"--queues is a number from 1 to {Environment.ProcessorCount}, the processors that there are for the engine.", Assert.Single(parsed.Errors).Message);
    }

    [Theory]
    [InlineData("many")]
    [InlineData("99999999999999999999")]
    public void What_is_no_number_is_refused_once(string queues) => Assert.Single(_command.Parse(["--queues", queues]).Errors);
}
