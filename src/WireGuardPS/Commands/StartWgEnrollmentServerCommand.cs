using System.Globalization;
using System.Management.Automation;
using System.Net;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Start-WgEnrollmentServer: starts a tunnel that others join by a code or an invitation; without a file, from a state of its
/// own. What is not given stays as it was at the last start.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "WgEnrollmentServer", SupportsShouldProcess = true)]
[OutputType(typeof(WgEnrollment))]
public sealed class StartWgEnrollmentServerCommand : EngineCommand
{
    // Of `serve`: the list is to be empty.
    private const string None = "none";

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServedStateCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Networks that clients get addresses of; needed at the first start.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[]? Pool { get; set; }

    /// <summary>HOST or HOST:PORT where clients reach this host; it goes into invitations.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [EndpointTransformation]
    public string? Endpoint { get; set; }

    [Parameter]
    [ValidateRange(1, 65535)]
    public int? ListenPort { get; set; }

    /// <summary>Name servers that clients are told of; an empty list: none any more.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[]? Dns { get; set; }

    /// <summary>Of the interface here, and what clients are told; 0: each finds its own.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int? Mtu { get; set; }

    /// <summary>What clients send through the tunnel; an empty list: the pool, as at first.</summary>
    [Parameter]
    [Alias("AllowedIPs")]
    [AllowEmptyCollection]
    public string[]? AllowedIP { get; set; }

    /// <summary>Seconds between keepalives that clients send; 0: none.</summary>
    [Parameter]
    public ushort? PersistentKeepalive { get; set; }

    /// <summary>For how long whoever joins is let in; 0: until it is revoked.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Lease { get; set; }

    /// <summary>Nothing leaves the host but through the tunnel, until it is stopped.</summary>
    [Parameter]
    public SwitchParameter KillSwitch { get; set; }

    /// <summary>Packets are passed on between the tunnel and the networks behind the host, until it is stopped.</summary>
    [Parameter]
    public SwitchParameter Forward { get; set; }

    /// <summary>As <see cref="Forward"/>, and what comes in by the tunnel leaves by other interfaces under the host's own address.</summary>
    [Parameter]
    public SwitchParameter Masquerade { get; set; }

    /// <summary>How long the engine may take until it is ready.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            if (!TunnelName.IsValid(Name))
                throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(Name)} cannot be the name of a tunnel.");
            List<string> options = [.. EngineOptions()];
            if (!ShouldProcess($"tunnel '{Name}'", "Start enrollment server"))
                return;
            Start(options);
        }
        catch (WgException e)
        {
            WriteError(e, Name);
        }
    }

    private void Start(IReadOnlyList<string> options)
    {
        var engine = FindEngine();
        var report = Await($"Starting tunnel '{Name}'", cancellation => EngineLauncher.RunAsync(engine, ["serve", Name], Timeout, options, cancellation));
        foreach (var warning in report.Warnings ?? [])
            WriteWarning(warning);
        WriteVerbose($"The engine of tunnel '{Name}' runs as process {report.ProcessId}. Nobody can join before Open-WgEnrollment or New-WgInvite.");
        if (PassThru)
            WriteObject(Ask(Name, "Asking the tunnel", (client, cancellation) => client.GetEnrollmentAsync(cancellation)).ToModel(Name));
    }

    private IEnumerable<string> EngineOptions()
    {
        (string Option, string? Value)[] valued =
        [
            ("--pool", Pool is null ? null : string.Join(',', PeerArguments.ParseAllowedIPs(Pool))),
            ("--endpoint", Endpoint is null ? null : PeerArguments.ParseReachableHost(Endpoint)),
            ("--port", Number(ListenPort)),
            ("--dns", ListOf(Dns, ParseAddresses)),
            ("--mtu", Number(Mtu is > 0 and < 576 ? throw new WgException(ErrorIds.InvalidValue, "An MTU is 576 at least, or 0.") : Mtu)),
            ("--allowed-ip", ListOf(AllowedIP, PeerArguments.ParseAllowedIPs)),
            ("--keepalive", Number(PersistentKeepalive)),
            ("--lease", Lease is not { } lease ? null
                : lease < TimeSpan.Zero || lease.TotalSeconds > uint.MaxValue ? throw new WgException(ErrorIds.InvalidValue, "A lease is a time, or 0.")
                : Math.Ceiling(lease.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
        ];
        foreach (var (option, value) in valued)
        {
            if (value is null)
                continue;
            yield return option;
            yield return value;
        }

        foreach (var (option, isWanted) in new[] { ("--kill-switch", KillSwitch), ("--forward", Forward), ("--masquerade", Masquerade) })
        {
            if (isWanted)
                yield return option;
        }
    }

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? ListOf(string[]? given, Func<IEnumerable<string>, IReadOnlyList<string>> parse) =>
        given is null ? null : parse(given) is { Count: > 0 } list ? string.Join(',', list) : None;

    private static IReadOnlyList<string> ParseAddresses(IEnumerable<string> texts) => [.. texts.SelectMany(t => t.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)).Select(
        t => IPAddress.TryParse(t, out var address) ? address.ToString() : throw new WgException(ErrorIds.InvalidValue, $"'{t}' is no address of a name server."))];
}
