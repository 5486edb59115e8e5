using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that decides about clients that have the code and wait.</summary>
public abstract class EnrollmentDecisionCommand : EnrollmentChangeCommand
{
    /// <summary>By public key, by fingerprint (however it is grouped), or by the name that one of them has.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("PublicKey", "Fingerprint")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(WaitingPeerCompleter))]
    public string[] Client { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected delegate Task<T> Decision<T>(EngineClient client, string who, CancellationToken cancellation);

    private protected void Decide<T>(string action, Decision<T> decision, Func<T, string, object> toModel)
    {
        foreach (var target in Resolve(Tunnel))
        {
            foreach (var who in Client)
                Carry(target, who, () => Decide(target.Name, who, action, decision, toModel));
        }
    }

    private void Decide<T>(string tunnel, string who, string action, Decision<T> decision, Func<T, string, object> toModel)
    {
        if (!ShouldProcess($"{Describe(tunnel, who)} of tunnel '{tunnel}'", action))
            return;
        var answer = Ask(tunnel, action, (client, cancellation) => decision(client, who, cancellation));
        if (PassThru)
            WriteObject(toModel(answer, tunnel));
    }

    // By what both ends can compare, however the client was named.
    private string Describe(string tunnel, string who)
    {
        var waiting = Ask(tunnel, "Asking the tunnel", (client, cancellation) => client.GetEnrollmentAsync(cancellation)).Waiting
            .Where(client => who == client.PublicKey || who == client.Name || who.Replace("-", "", StringComparison.Ordinal) == client.Fingerprint.Replace("-", "", StringComparison.Ordinal))
            .ToList();
        return waiting is [var one] ? $"client '{WgDisplay.Text(one.Name ?? "(nameless)")}' (fingerprint {one.Fingerprint})" : $"client '{WgDisplay.Text(who)}'";
    }
}
