using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`open NAME`: opens a window, shows its code, counts down, and tells who joins; the window closes with it, however it ends.</summary>
internal static class OpenVerb
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A tunnel that `serve` started." };
        var seconds = new Option<int?>("--seconds") { Description = "How long, 10 to 3600; 60 unless said.", HelpName = "N" };
        var maxPeers = new Option<int?>("--max-peers") { Description = "Close when so many have joined.", HelpName = "N" };
        var approve = new Option<bool>("--approve") { Description = "Whoever has the code waits for `approve` or `deny`." };
        var digits = new Option<int?>("--digits") { Description = "Of the code, 6 to 8.", HelpName = "N" };
        var noWait = new Option<bool>("--no-wait") { Description = "Print the code and return; the window stays open for its time." };
        var command = new Command("open", "Open a window in which others join by a code.") { name, seconds, maxPeers, approve, digits, noWait };
        command.SetAction(parsed => (int)Open(
            parsed.GetValue(name)!,
            new EnrollmentOpenRequest { Seconds = parsed.GetValue(seconds), MaxPeers = parsed.GetValue(maxPeers), Approve = parsed.GetValue(approve), CodeLength = parsed.GetValue(digits) },
            parsed.GetValue(noWait)));
        return command;
    }

    private static ExitCode Open(string name, EnrollmentOpenRequest request, bool returnsAtOnce)
    {
        using var signals = new StopSignals();
        using var engine = ControlConnection.Open(name);
        if (returnsAtOnce)
        {
            using var opened = engine.OpenEnrollment(request);
            Console.Out.WriteLine(opened.Code.Reveal());
            return ExitCode.Ok;
        }

        // Null: the engine is gone.
        using var events = new BlockingCollection<EngineEvent?>();
        using var listener = ControlConnection.Open(name);
        listener.Subscribe(events.Add, () => events.Add(null));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        int open;
        using (var opened = engine.OpenEnrollment(request with { ClosesWithConnection = true }))
        {
            open = opened.Seconds;
            Console.Out.WriteLine($"Code: {EnrollmentReport.Group(opened.Code.Span)}");
            Console.Out.WriteLine($"Valid for {open} s; Ctrl-C closes the window. There: wireguard-engine join {engine.GetEnrollment().Endpoint ?? "HOST:PORT"}");
        }

        var own = new OwnWindow();
        var isAsked = false;
        while (true)
        {
            if (signals.Token.IsCancellationRequested && !isAsked)
            {
                isAsked = true;
                engine.CloseEnrollment();
            }

            if (!events.TryTake(out var happened, isAsked ? (int)s_second.TotalMilliseconds : 200))
            {
                CountDown(open - watch.Elapsed.TotalSeconds);
                continue;
            }

            CountDown(null);
            if (happened is null)
                throw new EngineHungUpException();
            if (!own.Takes(happened))
                continue;
            if (EnrollmentReport.Line(happened, name) is { } line)
                Console.Out.WriteLine(line);
            if (own.IsOver)
                return ExitCode.Ok;
        }
    }

    // Of a terminal's last line; null: away with it.
    private static void CountDown(double? left)
    {
        if (Console.IsOutputRedirected)
            return;
        Console.Out.Write(left is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"\r{Math.Max(0, Math.Ceiling(seconds)):0} s \r")
            : "\r        \r");
    }
}
