using WireGuard.Engine.Cli;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Service;

namespace WireGuard.Tests.Service;

/// <summary>What units say, and what they are called.</summary>
public sealed class ServiceUnitTests
{
    [Fact]
    public void Paths_and_options_are_words_of_their_own()
    {
        var template = ServiceUnit.TemplateText(["/opt/50% \"off\"/$x/wireguard-engine"]);
        Assert.Contains("\nExecStart=\"/opt/50%% \\\"off\\\"/$$x/wireguard-engine\" run ${WIREGUARD_ENGINE_TUNNEL} $WIREGUARD_ENGINE_OPTIONS\n", template);
        Assert.Contains("\nEnvironment=WIREGUARD_ENGINE_TUNNEL=%i\n", template);
        Assert.Equal("none", ServiceUnit.OptionsIn(ServiceUnit.OptionsText(new ServiceOptions("wg0")), "x"));
        var options = ServiceUnit.OptionsText(new ServiceOptions("wg0") { Words = ["--kill-switch", "--exclude-route", "10.0.0.0/8"], ConfigDirectory = "/srv/a b", FileDirectory = "/srv/a b" });
        Assert.Contains("\nEnvironment=\"WIREGUARD_ENGINE_OPTIONS=--kill-switch --exclude-route 10.0.0.0/8\"\n", options);
        Assert.Contains("\nEnvironment=\"WIREGUARD_CONFIG_DIR=/srv/a b\"\n", options);
        Assert.Equal(2, options.Split("\nReadWritePaths=\"-/srv/a b\"\n").Length);
        Assert.DoesNotContain("CapabilityBoundingSet", options);
        Assert.Contains("\nCapabilityBoundingSet=~\n", ServiceUnit.OptionsText(new ServiceOptions("wg0") { AllowsHooks = true }));
    }

    [Fact]
    public void A_tunnel_that_others_join_is_made_of_its_state()
    {
        var usual = ServiceUnit.OptionsText(new ServiceOptions("wg0") { Serves = ["/opt/a b/wireguard-engine"], Words = ["--forward"] });
        Assert.Contains("\nExecStart=\nExecStart=\"/opt/a b/wireguard-engine\" serve ${WIREGUARD_ENGINE_TUNNEL} --foreground $WIREGUARD_ENGINE_OPTIONS\nExecReload=\n", usual);
        Assert.Contains("\nStateDirectory=\"wireguard-engine/wg0\"\nStateDirectoryMode=0700\n", usual);
        Assert.DoesNotContain("WIREGUARD_ENGINE_STATE_DIR", usual);
        Assert.Equal("serve --forward", ServiceUnit.OptionsIn(usual, "x"));
        Assert.Equal("serve", ServiceUnit.OptionsIn(ServiceUnit.OptionsText(new ServiceOptions("wg0") { Serves = ["/x"] }), "x"));

        var elsewhere = ServiceUnit.OptionsText(new ServiceOptions("a+b") { Serves = ["/x"], StateDirectory = "/srv/a b" });
        Assert.Contains("[Unit]\nDescription=WireGuard tunnel a+b\nRequiresMountsFor=\"/srv/a b\"\n", elsewhere);
        Assert.Contains("\nEnvironment=\"WIREGUARD_ENGINE_STATE_DIR=/srv/a b\"\nProtectHome=no\nReadWritePaths=\"-/srv/a b\"\n", elsewhere);
        Assert.DoesNotContain("\nStateDirectory", elsewhere);
        Assert.DoesNotContain(" serve ", ServiceUnit.OptionsText(new ServiceOptions("serve")));
    }

    [Fact]
    public void Where_a_link_leads_to_may_be_written()
    {
        var options = ServiceUnit.OptionsText(new ServiceOptions("wg0") { FileDirectory = "/usr/local/etc" });
        Assert.Contains("\nReadWritePaths=\"-/usr/local/etc\"\n", options);
        Assert.DoesNotContain("WIREGUARD_CONFIG_DIR", options);
    }

    [Theory]
    [InlineData("wg0", "wg0")]
    [InlineData("wg-home.2_x", "wg-home.2_x")]
    [InlineData("a+b=c", @"a\x2bb\x3dc")]
    [InlineData(".a-b+", @"\x2ea\x2db\x2b")]
    public void A_name_that_no_unit_can_have_is_written_as_systemd_escape_does(string tunnel, string instance)
    {
        Assert.Equal($"wireguard-engine@{instance}.service", UnitName.Of(tunnel));
        var options = ServiceUnit.OptionsText(new ServiceOptions(tunnel));
        Assert.Equal(tunnel != instance, options.Contains($"\nEnvironment=\"WIREGUARD_ENGINE_TUNNEL={tunnel}\"\n"));
        Assert.Equal(tunnel != instance, options.Contains($"[Unit]\nDescription=WireGuard tunnel {tunnel}\n"));
        Assert.Equal(tunnel != instance, UnitName.Quoted(UnitName.Of(tunnel)).StartsWith('\''));
    }

    [Fact]
    public void What_trying_again_does_not_help_is_not_tried_again()
    {
        var line = ServiceUnit.TemplateText(["/x"]).Split('\n').First(line => line.StartsWith("RestartPreventExitStatus=", StringComparison.Ordinal));
        ExitCode[] hopeless = [.. line.Split('=')[1].Split(' ').Select(int.Parse).Select(code => (ExitCode)code)];
        Assert.Equal(
            [ExitCode.Usage, ExitCode.NoPermission, ExitCode.NotFound, ExitCode.Exists, ExitCode.NotAvailable, ExitCode.ConfigInvalid],
            hopeless);
        Assert.Contains(CommandException.CodeOf(StartErrorId.ConfigInvalid), hopeless);
        Assert.DoesNotContain(CommandException.CodeOf(StartErrorId.EndpointUnresolved), hopeless);
        Assert.DoesNotContain(CommandException.CodeOf(StartErrorId.AddressInUse), hopeless);
    }
}
