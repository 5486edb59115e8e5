using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;

namespace WireGuard.Commands;

/// <summary>New-WgPresharedKey: 32 random bytes that two peers share.</summary>
[Cmdlet(VerbsCommon.New, "WgPresharedKey", DefaultParameterSetName = AsObject)]
[OutputType(typeof(WgPresharedKey), ParameterSetName = [AsObject])]
[OutputType(typeof(string), ParameterSetName = [AsText])]
public sealed class NewWgPresharedKeyCommand : CancellableCommand
{
    private const string AsObject = "Object";
    private const string AsText = "PlainText";

    [Parameter(Mandatory = true, ParameterSetName = AsText)]
    public SwitchParameter AsPlainText { get; set; }

    protected override void ProcessRecord()
    {
        using var key = SecretKey.Random();
        if (AsPlainText)
            WriteObject(key.ToBase64());
        else
            WriteObject(new WgPresharedKey { PresharedKey = SecretText.ToSecureString(key) });
    }
}
