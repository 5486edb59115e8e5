using System.CommandLine;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`revoke NAME PEER` and `revoke NAME --invite ID`.</summary>
internal static class RevokeVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A tunnel that `serve` started." };
        var peer = new Argument<string?>("PEER") { Description = "Public key of a peer that has joined, or its name if no other has it.", Arity = ArgumentArity.ZeroOrOne };
        var invite = new Option<string>("--invite") { Description = "End an invitation instead; who came by it stays.", HelpName = "ID" };
        var command = new Command("revoke", "Take out a peer that has joined, and the invitation that it came by, at once and for good; or end an invitation.") { name, peer, invite };
        command.Validators.Add(result =>
        {
            if (result.GetValue(peer) is null == (result.GetResult(invite) is null))
                result.AddError("revoke takes either a peer or --invite.");
        });
        command.SetAction(parsed =>
        {
            using var engine = ControlConnection.Open(parsed.GetValue(name)!);
            if (parsed.GetValue(invite) is { } id)
            {
                engine.RevokeInvite(id);
                Console.Out.WriteLine($"The invitation {id} is good for nothing any more.");
            }
            else
            {
                var gone = engine.RevokePeer(KeyOf(engine, parsed.GetValue(peer)!));
                var left = engine.GetEnrollment();
                Console.Out.WriteLine($"{gone.Name ?? gone.PublicKey} is out; {EnrollmentReport.WhatBecomesOf(gone.Addresses, left.Reservations)}{(gone.InviteId is { } by ? $" The invitation {by} is good for nothing any more." : "")}");
                if (left.Window is not null)
                    Console.Error.WriteLine($"A window is open: whoever knows its code can still join, this peer too; `wireguard-engine close {parsed.GetValue(name)}` closes it.");
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string KeyOf(ControlConnection engine, string peer)
    {
        if (PublicKey.TryParse(peer, out _))
            return peer;
        return engine.GetEnrollment().Peers.Where(known => known.Name == peer).ToList() switch
        {
            [var one] => one.PublicKey,
            [] => throw new CommandException(ExitCode.NotFound, $"No peer that has joined is called '{peer}'."),
            var several => throw new CommandException(ExitCode.Error, $"{several.Count} peers are called '{peer}'; say the public key."),
        };
    }
}
