using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>New-WgKey: a new key pair, or the base64 text of a new private key.</summary>
[Cmdlet(VerbsCommon.New, "WgKey", DefaultParameterSetName = AsPair)]
[OutputType(typeof(WgKeyPair), ParameterSetName = [AsPair])]
[OutputType(typeof(string), ParameterSetName = [AsText])]
public sealed class NewWgKeyCommand : KeyCommand
{
    private const string AsPair = "Pair";
    private const string AsText = "PlainText";

    [Parameter(Mandatory = true, ParameterSetName = AsText)]
    public SwitchParameter AsPlainText { get; set; }

    protected override void ProcessRecord()
    {
        using var key = SecretKey.RandomPrivateKey();
        if (AsPlainText)
        {
            WriteObject(key.ToBase64());
            return;
        }

        try
        {
            WriteObject(new WgKeyPair { PrivateKey = SecretText.ToSecureString(key), PublicKey = Derive(key) });
        }
        catch (WgException e)
        {
            ThrowError(e, null);
        }
    }
}
