using System.CommandLine;
using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`join HOST:PORT` or `join wg-enroll://...`: joins a served tunnel, writes its file and starts it.</summary>
internal static class JoinVerb
{
    private const string FromInput = "-";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var target = new Argument<string>("HOST:PORT|LINK") { Description = "Where the server is, or an invitation; -: that is read from standard input, where other users of this host do not see it." };
        var name = new Option<string>("--name") { Description = "The tunnel here; wg0 unless said, or the next that is free.", HelpName = "NAME" };
        var peerName = new Option<string>("--peer-name") { Description = "What this host calls itself there; its name unless said.", HelpName = "NAME" };
        var timeout = Timeouts.Option("--timeout", "Seconds to try.", s_timeout);
        var dryRun = new Option<bool>("--dry-run") { Description = "Ask nobody and write nothing; tell what would be done." };
        var noStart = new Option<bool>("--no-start") { Description = "Write the file, and leave the start to `up`." };
        var report = new Option<string>("--report") { Description = "json: tell the outcome as one JSON line on standard output.", HelpName = "json" };
        report.AcceptOnlyFromAmong("json");
        var endsWithInput = new Option<bool>("--ends-with-input") { Hidden = true };
        var command = new Command("join", "Join a tunnel by a code or an invitation: make a key, write the file, start it.") { target, name, peerName, timeout, dryRun, noStart, report, endsWithInput };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } chosen && !TunnelName.IsValid(chosen))
                result.AddError(TunnelName.Rule);
            if (result.GetValue(peerName) is { } called && !PeerName.IsValid(called))
                result.AddError($"--peer-name is 1 to {PeerName.MaxBytes} bytes without control characters and without blanks at its ends.");
        });
        command.SetAction(parsed =>
        {
            StartReport Run(Action<string> tell) => Join(
                parsed.GetValue(target)!,
                parsed.GetValue(name),
                parsed.GetValue(peerName) ?? (PeerName.IsValid(Environment.MachineName) ? Environment.MachineName : null),
                TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                parsed.GetValue(dryRun),
                parsed.GetValue(noStart),
                parsed.GetValue(endsWithInput),
                tell);
            return (int)(parsed.GetValue(report) is null ? JoinAndTell(Run) : JoinAndReport(Run));
        });
        return command;
    }

    private static ExitCode JoinAndTell(Func<Action<string>, StartReport> join)
    {
        var report = join(Console.Out.WriteLine);
        if (!report.Ready)
            throw UpVerb.Failure(report);
        foreach (var warning in report.Warnings ?? [])
            Console.Error.WriteLine(warning);
        return ExitCode.Ok;
    }

    // Standard output is the report's alone.
    private static ExitCode JoinAndReport(Func<Action<string>, StartReport> join)
    {
        try
        {
            var report = join(Console.Error.WriteLine);
            JoinFailure.Write(report);
            return UpVerb.CodeOf(report);
        }
        catch (Exception failure) when (JoinFailure.Describe(failure) is { } report)
        {
            JoinFailure.Write(report);
            return failure is CommandException command ? command.Code : UpVerb.CodeOf(report);
        }
    }

    // Ready: what was asked for is done.
    private static StartReport Join(string target, string? name, string? peerName, TimeSpan timeout, bool dryRun, bool noStart, bool endsWithInput, Action<string> tell)
    {
        ProcessCalls.SetFileModeMask(ProcessCalls.OwnerOnlyMask);
        ProcessCalls.ForbidCoreDumps();
        using var signals = new StopSignals();
        using var prompt = new SecretPrompt(signals.Token);
        using var link = ReadLink(ref target, prompt);
        var server = link is null
            ? ServeText.TryReadEndpoint(target, ServeText.UsualPort, out var endpoint) ? endpoint
                : throw new JoinFailure(JoinFailure.InvalidValue, ExitCode.Usage, "What to join is HOST, HOST:PORT, an address, [IPv6]:PORT, or wg-enroll://...")
            : new HostEndpoint(link.Host.Trim('[', ']'), link.Port);
        if (link is not null && link.Expires <= DateTimeOffset.UtcNow)
            throw new JoinFailure(JoinFailure.InvalidInvitation, ExitCode.Error, $"The invitation has expired ({link.Expires.ToLocalTime():yyyy-MM-dd HH:mm}).");
        using var file = JoinedFile.Choose(name, server, link?.ServerFingerprint, Path.GetFullPath(ConfigLocation.Directory), JoinNames.Objection);
        if (dryRun)
        {
            tell($"Would ask {server} by {(link is null ? "a code" : "the invitation")}, write {file.Path}{(file.IsAgain ? " anew, with the same key" : "")}{(noStart ? "" : $", and start {file.Name}")}.");
            return Done(file);
        }

        using var credential = link is null ? ReadCode(prompt) : Credential.FromInvite(link.Secret, link.ServerFingerprint);
        if (endsWithInput)
            WatchInput(signals);
        var leaseEnds = Ask(credential, link?.ServerFingerprint, server, file, peerName, timeout, tell, signals.Token);
        return (noStart ? Done(file) : Start(file, tell, signals.Token)) with { LeaseEnds = leaseEnds };
    }

    private static InviteLink? ReadLink(ref string target, SecretPrompt prompt)
    {
        if (target == FromInput)
        {
            using var read = Prompt(prompt, "Server or invitation: ");
            target = read.Reveal();
        }

        if (!target.Trim().StartsWith("wg-enroll:", StringComparison.OrdinalIgnoreCase))
            return null;
        return InviteLink.TryParse(target, out var link) ? link : throw new JoinFailure(JoinFailure.InvalidInvitation, ExitCode.Error, "The invitation is damaged: a character of it may be missing or wrong.");
    }

    // Returns when the lease ends; null: never.
    private static DateTimeOffset? Ask(
        Credential credential, byte[]? serverFingerprint, HostEndpoint server, JoinedFile file, string? peerName, TimeSpan timeout, Action<string> tell, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        file.KeepKey();
        using var identity = new StaticIdentity(file.Key);
        var way = WayTo(file);
        var dialog = new JoinDialog
        {
            Server = server,
            Credential = credential,
            Identity = identity,
            ServerFingerprint = serverFingerprint,
            PeerName = peerName,
            Timeout = timeout,
            Mark = way.Mark,
            Known = way.Known,
            Tell = Console.Error.WriteLine,
        };
        try
        {
            var result = dialog.Run(cancel);
            using var presharedKey = result.PresharedKey;
            using var config = file.Write(result, server);
            var now = DateTimeOffset.Now;
            foreach (var line in JoinWords.Describe(result.Grant, file, server.ToString(), now))
                tell(line);
            return result.Grant.LeaseSeconds is { } seconds ? now.AddSeconds(seconds) : null;
        }
        catch (JoinException failure)
        {
            // Nobody has let it in.
            if (failure.Failure == ClientFailure.Refused || !dialog.HasShownKey)
                file.ForgetKey();
            var inTheWay = failure.Failure != ClientFailure.NoAnswer ? null : way is { IsUp: true, Mark: 0 } ? file.Name : JoinNames.InTheWay(server, besides: file.Name);
            throw JoinFailure.From(failure, inTheWay is not null ? $" {inTheWay} is up: should the way to the server lead through it, `down {inTheWay}` first."
                : file.KeptKey is { } kept ? $" The key that was made for it waits in {kept} for the next try." : "");
        }
        catch (OperationCanceledException)
        {
            if (!dialog.HasShownKey)
            {
                file.ForgetKey();
                throw new CommandException(ExitCode.Error, $"Broken off; {(file.IsAgain ? "all is as it was" : "the server knows nothing of this host")}.");
            }

            throw new CommandException(ExitCode.Error, "Broken off. Should the server have let this host in already, a second try brings the same address.");
        }
    }

    // Of a tunnel that was joined before and may be dead: what goes around it, and where its server was.
    private static (bool IsUp, uint Mark, IPAddress? Known) WayTo(JoinedFile file)
    {
        using var engine = ControlConnection.TryOpen(file.Name);
        if (engine is null)
            return default;
        var tunnel = engine.GetTunnel();
        var known = tunnel.Peers.FirstOrDefault(peer => peer.PublicKey == file.Server?.ToString())?.Endpoint;
        return (true, tunnel.FwMark, IPEndPoint.TryParse(known ?? "", out var at) ? at.Address : null);
    }

    private static Credential ReadCode(SecretPrompt prompt)
    {
        using var code = Prompt(prompt, "Code: ");
        try
        {
            return Credential.FromCode(code.Span);
        }
        catch (FormatException wrong)
        {
            throw new JoinFailure(JoinFailure.InvalidValue, ExitCode.Usage, wrong.Message, wrong);
        }
    }

    // One that runs already is brought to what the file says now.
    private static StartReport Start(JoinedFile file, Action<string> tell, CancellationToken cancel)
    {
        using (var engine = ControlConnection.TryOpen(file.Name))
        {
            if (engine is not null)
            {
                if (JoinNames.ObjectionTo(engine.GetTunnel(), file.Path) is { } objection)
                    throw new StartException(StartErrorId.TunnelExists, $"{file.Path} is written, but not started: {objection} It is not touched; `down {file.Name}` first, then `up {file.Name}`.");
                using var config = ConfigParser.ParseFile(file.Path).Config ?? throw new CommandException(ExitCode.Error, $"{file.Path} cannot be read back.");
                using var request = SyncRequests.From(config, SyncModes.Sync, dryRun: false);
                engine.Sync(request);
                // The server may have forgotten the session that is; what uses it would be lost until that shows.
                engine.SetPeer(new PeerChangeRequest { PublicKey = config.Peers[0].PublicKey.ToString(), ShakeHands = true });
                tell($"{file.Name} runs already, as the file says.");
                return Done(file) with { ProcessId = engine.GetTunnel().ProcessId };
            }
        }

        var report = UpVerb.Start(file.Path, StartChoices.None, UpVerb.DefaultTimeout, Console.Error.WriteLine, cancel);
        if (report.Ready)
            tell($"{file.Name} is up (process {report.ProcessId}).");
        return report;
    }

    // Whoever started it holds the other end, and lets go of it to break off, or by its own end.
    private static void WatchInput(StopSignals signals) => new Thread(() =>
    {
        using var input = new StandardInput(CancellationToken.None);
        Span<byte> rest = stackalloc byte[64];
        while (input.Read(rest) > 0)
        {
        }

        signals.Request("the end of standard input");
    })
    { IsBackground = true, Name = "lifeline" }.Start();

    private static ShownSecret Prompt(SecretPrompt prompt, string question)
    {
        try
        {
            return prompt.Read(question);
        }
        catch (OperationCanceledException)
        {
            throw new CommandException(ExitCode.Error, "Broken off; nobody was asked, and nothing is written.");
        }
    }

    private static StartReport Done(JoinedFile file) => new() { Ready = true, Tunnel = file.Name };
}
