using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Join-WgNetwork: joins the network of an enrollment server by a code or an invitation; the tunnel is up afterwards, and its
/// file written.
/// </summary>
[Cmdlet(VerbsCommon.Join, "WgNetwork", DefaultParameterSetName = ByCode, SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class JoinWgNetworkCommand : EngineCommand
{
    private const string ByCode = "Code";
    private const string ByInvitation = "Link";
    private const string LinkScheme = "wg-enroll:";

    // Of `join`: what to join comes by standard input, too.
    private const string FromInput = "-";

    private bool _warned;

    /// <summary>HOST or HOST:PORT.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByCode, Position = 0)]
    [Alias("Endpoint")]
    [ValidateNotNullOrEmpty]
    [EndpointTransformation]
    public string Server { get; set; } = "";

    /// <summary>As Open-WgEnrollment shows it; asked for where it is missing.</summary>
    [Parameter(ParameterSetName = ByCode, Position = 1)]
    [CodeTransformation]
    public SecureString? Code { get; set; }

    /// <summary>As New-WgInvite makes it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByInvitation, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Invitation")]
    [KeyTransformation]
    public SecureString? Link { get; set; }

    /// <summary>The tunnel here; wg0 unless said, or the next that is free, or that of a join before.</summary>
    [Parameter]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>What this host calls itself there; its name unless said.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PeerName { get; set; }

    /// <summary>How long to try to reach the server; whoever is to approve there has more time.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        var isLink = ParameterSetName == ByInvitation || Server.StartsWith(LinkScheme, StringComparison.OrdinalIgnoreCase);
        var target = isLink ? null : Server;
        try
        {
            if (Name is not null && !TunnelName.IsValid(Name))
                throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(Name)} cannot be the name of a tunnel.");
            target = isLink ? FromInput : PeerArguments.ParseReachableHost(Server);
            var secret = isLink ? LinkGiven() : Code;
            if (secret is not null && !isLink)
                WarnOfPlainText(secret, nameof(Code), "code", ref _warned);
            if (ShouldProcess(isLink ? "the network of an invitation" : $"the network of {target}", $"Join{(Name is null ? "" : $" as tunnel '{Name}'")}"))
                Join(target, secret ?? AskForCode());
        }
        catch (WgException e)
        {
            WriteError(e, isLink ? Name : target);
        }
    }

    private SecureString LinkGiven()
    {
        var link = Link ?? SecretText.FromPlainText(Server);
        WarnOfPlainText(link, Link is null ? nameof(Server) : nameof(Link), "invitation", ref _warned);
        return link;
    }

    private void Join(string target, SecureString secret)
    {
        var engine = FindEngine();
        var line = SecretText.ToUtf8Line(secret);
        try
        {
            var report = Await("Joining", (pump, cancellation) => EngineJoiner.JoinAsync(
                engine, [target, .. Choices()], line, Timeout, said => pump.Post(() => Say(said)), cancellation));
            foreach (var warning in report.Warnings ?? [])
                WriteWarning(warning);
            WriteVerbose($"Joined as tunnel '{report.Tunnel}', process {report.ProcessId}.");
            if (PassThru && report.Tunnel is { } tunnel)
                WriteObject(Ask(tunnel, "Asking the tunnel", GetAsync).ToTunnel(DateTimeOffset.UtcNow, leaseEnds: report.LeaseEnds));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }

    private IEnumerable<string> Choices()
    {
        foreach (var (option, value) in new[] { ("--name", Name), ("--peer-name", PeerName) })
        {
            if (value is null)
                continue;
            yield return option;
            yield return value;
        }
    }

    // As Read-Host -AsSecureString does.
    private SecureString AskForCode()
    {
        try
        {
            Host.UI.Write("Code: ");
            return Host.UI.ReadLineAsSecureString();
        }
        catch (Exception e) when (e is InvalidOperationException or NotImplementedException or HostException)
        {
            throw new WgException(ErrorIds.InvalidValue, "A code is needed, and nobody can be asked here: -Code takes it.", e);
        }
    }

    // Fingerprints that are to be compared are among it: the host shows it.
    private void Say(string text) => WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);
}
