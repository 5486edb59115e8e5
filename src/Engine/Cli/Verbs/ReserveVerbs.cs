using System.CommandLine;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`reserve NAME` and `unreserve NAME`: addresses that are kept for a name or a key. `status` lists them.</summary>
internal static class ReserveVerbs
{
    public static Command CreateReserve()
    {
        var (name, peerName, publicKey) = (Name(), PeerName(), Key());
        var address = new Option<string[]>("--address") { Description = "One of each network at most, with commas between or said again; unless said, what it has, else the next that are free.", HelpName = "ADDRESS,..." };
        var command = new Command("reserve", "Keep an address for a peer, before it joins or for when it joins again.") { name, peerName, publicKey, address };
        OneOf(command, "reserve takes either --peer-name or --public-key.", peerName, publicKey);
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            var reserved = engine.Reserve(new EnrollmentReservationRequest
            {
                PeerName = parsed.GetValue(peerName),
                PublicKey = parsed.GetValue(publicKey),
                Addresses = [.. (parsed.GetValue(address) ?? []).SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            });
            Console.Out.WriteLine($"{string.Join(", ", reserved.Addresses)} is reserved for {EnrollmentReport.WhoOf(reserved)}.");
            if (engine.GetEnrollment().Peers.FirstOrDefault(peer => IsMoving(peer, reserved)) is { } moving)
                Console.Out.WriteLine($"It is in with {string.Join(", ", moving.Addresses)}, and gets what is reserved when it joins again.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateUnreserve()
    {
        var (name, peerName, publicKey) = (Name(), PeerName(), Key());
        var address = new Option<string>("--address") { Description = "This address alone, whosever it is.", HelpName = "ADDRESS" };
        var command = new Command("unreserve", "Take a reservation back; who has the address keeps it while it is in.") { name, peerName, publicKey, address };
        OneOf(command, "unreserve takes one of --peer-name, --public-key and --address.", peerName, publicKey, address);
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            var before = engine.Unreserve(new EnrollmentReservationChoice { PeerName = parsed.GetValue(peerName), PublicKey = parsed.GetValue(publicKey), Address = parsed.GetValue(address) });
            Console.Out.WriteLine($"{string.Join(", ", before.Addresses)} is reserved for {EnrollmentReport.WhoOf(before)} no longer.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static bool IsMoving(EnrolledPeerInfo peer, EnrollmentReservationInfo reserved) =>
        (reserved.PeerName is { } name ? peer.Name == name && reserved.HeldBy is null : peer.PublicKey == reserved.PublicKey)
        && reserved.Addresses.Any(address => !peer.Addresses.Any(given => given.StartsWith(address + "/", StringComparison.Ordinal)));

    private static void OneOf(Command command, string message, params Option<string>[] options) => command.Validators.Add(result =>
    {
        if (options.Count(option => result.GetResult(option) is not null) != 1)
            result.AddError(message);
    });

    private static Argument<string> Name() => new("NAME") { Description = "A tunnel that `serve` started." };

    private static Option<string> PeerName() => new("--peer-name") { Description = "For whoever comes first by this name: an invitation's, or what a client calls itself.", HelpName = "NAME" };

    private static Option<string> Key() => new("--public-key") { Description = "For this key alone.", HelpName = "KEY" };
}
