using WireGuard.Engine.Cli;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Cli;

/// <summary>The ids that a report of `join` has are for scripts, and stay.</summary>
public class JoinFailureTests
{
    [Theory]
    [InlineData(nameof(ClientFailure.NoAnswer), "JoinTimeout", ExitCode.Timeout)]
    [InlineData(nameof(ClientFailure.WrongCode), "WrongCode", ExitCode.Error)]
    [InlineData(nameof(ClientFailure.NotConfirmed), "ServerNotTrusted", ExitCode.Error)]
    [InlineData(nameof(ClientFailure.OtherServer), "ServerNotTrusted", ExitCode.Error)]
    [InlineData(nameof(ClientFailure.Closed), "JoinRefused", ExitCode.Error)]
    [InlineData(nameof(ClientFailure.Refused), "JoinRefused", ExitCode.Error)]
    public void Each_way_to_fail_has_its_id(string failure, string id, ExitCode code)
    {
        var described = JoinFailure.From(JoinException.From(Enum.Parse<ClientFailure>(failure), GrantRefusal.Denied, "192.0.2.1:51820"));
        var report = JoinFailure.Describe(described)!;

        Assert.Equal((id, code, described.Message), (report.ErrorId, described.Code, report.Message));
        Assert.False(report.Ready);
    }

    [Fact]
    public void Failures_of_the_host_keep_theirs_and_defects_are_no_report()
    {
        Assert.Equal("TunnelExists", JoinFailure.Describe(new StartException(StartErrorId.TunnelExists, "wg0.conf is there."))!.ErrorId);
        Assert.Equal("AccessDenied", JoinFailure.Describe(new UnauthorizedAccessException("No."))!.ErrorId);
        Assert.Equal("EngineFailed", JoinFailure.Describe(new IOException("Full."))!.ErrorId);
        Assert.Null(JoinFailure.Describe(new InvalidOperationException("A defect.")));
    }
}
