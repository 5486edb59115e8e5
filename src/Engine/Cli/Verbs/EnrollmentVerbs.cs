using System.CommandLine;
using System.Text.Json;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`close`, `status`, `approve` and `deny` of a tunnel that others join.</summary>
internal static class EnrollmentVerbs
{
    public static Command CreateClose()
    {
        var name = Name();
        var command = new Command("close", "Close the window in which others join.") { name };
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            Console.Out.WriteLine(engine.CloseEnrollment().WasOpen ? "The window is closed." : "No window was open.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateStatus()
    {
        var name = Name();
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("status", "Show who has joined, who waits, and who may come.") { name, json };
        command.SetAction(parsed =>
        {
            var tunnel = parsed.GetValue(name)!;
            using var engine = ControlConnection.Open(tunnel);
            var status = engine.GetEnrollment();
            if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(status, CliJsonContext.Readable.EnrollmentStatus));
            else
                EnrollmentReport.Write(Console.Out, tunnel, status, DateTimeOffset.UtcNow);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateApprove()
    {
        var (name, client) = (Name(), Client());
        var command = new Command("approve", "Let in a client that has the code and waits.") { name, client };
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            var peer = engine.Approve(parsed.GetValue(client)!);
            Console.Out.WriteLine($"{peer.Name ?? peer.PublicKey} has joined: {string.Join(", ", peer.Addresses)}");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateDeny()
    {
        var (name, client) = (Name(), Client());
        var command = new Command("deny", "Turn away a client that has the code and waits.") { name, client };
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            var denied = engine.Deny(parsed.GetValue(client)!);
            Console.Out.WriteLine($"{denied.Name ?? denied.PublicKey} was turned away.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "A tunnel that `serve` started." };

    private static Argument<string> Client() => new("CLIENT") { Description = "Its fingerprint, its public key, or the name that it gives itself if no other does." };
}
