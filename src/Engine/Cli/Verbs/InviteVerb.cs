using System.CommandLine;
using WireGuard.Api;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`invite NAME`: makes an invitation and prints its link, the only time that it is told.</summary>
internal static class InviteVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A tunnel that `serve` started." };
        var peerName = new Option<string>("--peer-name") { Description = "The name that whoever comes by it gets.", HelpName = "NAME" };
        var expiresIn = new Option<string>("--expires-in") { Description = "How long it is good: 30m, 12h, 7d; a day unless said.", HelpName = "TIME" };
        var maxUses = new Option<int?>("--max-uses") { Description = "How many hosts may come by it; one unless said.", HelpName = "N" };
        var endpoint = new Option<string>("--endpoint") { Description = "Where clients reach this host, unless `serve` was told.", HelpName = "HOST[:PORT]" };
        expiresIn.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ServeText.TryReadDuration(token.Value, out _))
                result.AddError("--expires-in is a time, as 30m, 12h, 7d or 3600.");
        });
        var command = new Command("invite", "Make an invitation, by which others join without a window.") { name, peerName, expiresIn, maxUses, endpoint };
        command.SetAction(parsed =>
        {
            var life = parsed.GetValue(expiresIn) is { } text && ServeText.TryReadDuration(text, out var duration) ? (long?)duration.TotalSeconds : null;
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            using var invite = engine.Invite(new EnrollmentInviteRequest
            {
                PeerName = parsed.GetValue(peerName),
                ExpiresInSeconds = life,
                MaxUses = parsed.GetValue(maxUses),
                Endpoint = parsed.GetValue(endpoint),
            });
            Console.Out.WriteLine(invite.Link.Reveal());
            Console.Error.WriteLine($"Invitation {invite.Id}, until {invite.Expires.ToLocalTime():yyyy-MM-dd HH:mm}. Whoever reads the link can use it; it is not shown again.");
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
