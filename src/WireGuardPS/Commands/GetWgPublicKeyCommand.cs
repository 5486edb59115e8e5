using System.Management.Automation;
using System.Security;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Get-WgPublicKey: the public key of a private key.</summary>
[Cmdlet(VerbsCommon.Get, "WgPublicKey")]
[OutputType(typeof(string))]
public sealed class GetWgPublicKeyCommand : KeyCommand
{
    private bool _warned;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [KeyTransformation]
    public SecureString? PrivateKey { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            WarnOfPlainText(PrivateKey, nameof(PrivateKey), "private key", ref _warned);
            using var key = SecretText.ToKey(PrivateKey!, "private key");
            WriteObject(Derive(key));
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.InvalidKey)
        {
            // The target would be the secret itself.
            WriteError(e, null);
        }
        catch (WgException e)
        {
            ThrowError(e, null);
        }
    }
}
