using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Get-WgStatus: the engine processes behind tunnels.</summary>
[Cmdlet(VerbsCommon.Get, "WgStatus")]
[OutputType(typeof(WgStatus))]
public sealed class GetWgStatusCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Name { get; set; }

    protected override void ProcessRecord() => AskEach(
        Name,
        "Asking engines",
        async (client, cancellation) => (
            Status: await client.GetStatusAsync(cancellation).ConfigureAwait(false), Enrollment: await EnrollmentOfAsync(client, cancellation).ConfigureAwait(false)),
        (_, answer) => WriteObject(answer.Status.ToStatus(answer.Enrollment, DateTimeOffset.UtcNow)));

    // Null: it takes none. So says a tunnel without an enrollment server, one that is starting, and an engine that is older than all this.
    private static async Task<string?> EnrollmentOfAsync(EngineClient client, CancellationToken cancellation)
    {
        try
        {
            return (await client.GetEnrollmentAsync(cancellation).ConfigureAwait(false)).Window is null ? WgEnrollmentState.Closed : WgEnrollmentState.Open;
        }
        catch (WgException e) when (e.ErrorId is ErrorIds.NotServed or ErrorIds.Starting or ErrorIds.EngineFailed)
        {
            return null;
        }
    }
}
