using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Conversion;
using WireGuard.Errors;
using WireGuard.Libraries.Qr;

namespace WireGuard.Commands;

/// <summary>New-WgQrCode: a configuration, keys and all, or an invitation, as a code that a telephone reads: on the terminal or in a file.</summary>
[Cmdlet(VerbsCommon.New, "WgQrCode", DefaultParameterSetName = AsText, SupportsShouldProcess = true)]
[OutputType(typeof(string), ParameterSetName = [AsText])]
[OutputType(typeof(FileInfo), ParameterSetName = [AsFile])]
public sealed class NewWgQrCodeCommand : CancellableCommand
{
    private const string AsText = "Text";
    private const string AsFile = "File";

    // Of this pipeline, with whose code is in it.
    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);

    /// <summary>A configuration, a running tunnel with its keys, or an invitation with its link.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, Position = 0)]
    [DrawableTransformation]
    [ValidateNotNull]
    public object? InputObject { get; set; }

    /// <summary>For a terminal that is dark on light.</summary>
    [Parameter(ParameterSetName = AsText)]
    public SwitchParameter Invert { get; set; }

    /// <summary>A file that ends in .svg or .png.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AsFile)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Pixels of each square of a PNG.</summary>
    [Parameter(ParameterSetName = AsFile)]
    [ValidateRange(1, 100)]
    public int PixelSize { get; set; } = 8;

    /// <summary>Write over a file that is there.</summary>
    [Parameter(ParameterSetName = AsFile)]
    public SwitchParameter Force { get; set; }

    /// <summary>Emit the file.</summary>
    [Parameter(ParameterSetName = AsFile)]
    public SwitchParameter PassThru { get; set; }

    // Of what is drawn.
    private string? Name => InputObject is WgInvite invite ? invite.Id : (InputObject as WgConfig)?.Name;

    protected override void ProcessRecord()
    {
        try
        {
            using var code = InputObject is WgInvite invite ? Draw(invite) : Draw((WgConfig)InputObject!);
            if (ParameterSetName == AsText)
                WriteObject(QrText.Terminal(code, Invert));
            else
                WriteFile(code);
        }
        catch (WgException e)
        {
            WriteError(e, Name);
        }
    }

    private QrDrawing Draw(WgConfig source)
    {
        ConfigText.DemandKeys(source);
        using var config = ConfigText.Parse(source.ForTelephone(), out var warnings);
        foreach (var warning in warnings)
            WriteWarning(warning);
        var code = Draw(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets));
        if (config.Interface.PrivateKey is not null)
            WriteWarning($"The code has the private key of '{source.Name}' in it: whoever sees it, or a picture of it, has the tunnel.");
        return code;
    }

    private QrDrawing Draw(WgInvite invite)
    {
        if (invite.Link is not { } link)
            throw new WgException(ErrorIds.InvalidValue, $"Invitation {invite.Id} is without its link, which New-WgInvite alone gives.");
        var line = SecretText.ToUtf8Line(link);
        try
        {
            var code = Draw(Encoding.UTF8.GetString(line).TrimEnd('\n'));
            WriteWarning($"The code is invitation {invite.Id}: whoever sees it, or a picture of it, can join.");
            return code;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }

    private static QrDrawing Draw(string text)
    {
        try
        {
            return new QrDrawing(text);
        }
        catch (ArgumentException e)
        {
            throw new WgException(ErrorIds.InvalidValue, $"The configuration has {text.Length} characters, more than the largest code holds.", e);
        }
    }

    private void WriteFile(QrDrawing code)
    {
        var path = this.ToFilePath(Path);
        var isPng = System.IO.Path.GetExtension(path) switch
        {
            ".png" => true,
            ".svg" => false,
            _ => throw new WgException(ErrorIds.InvalidValue, $"'{path}' ends neither in .svg nor in .png."),
        };
        if (_written.TryGetValue(path, out var other))
            throw new WgException(ErrorIds.FileExists, $"'{path}' has the code of '{other}', which came before '{Name}': each needs a file of its own, as ForEach-Object {{ $_ | New-WgQrCode -Path \"$($_.{(InputObject is WgInvite ? "Id" : "Name")}).png\" }} gives them.");
        _written[path] = Name ?? "";
        if (!ShouldProcess(path, "Write QR code"))
            return;
        if (isPng)
            PrivateFile.WriteBytes(path, Force, stream => stream.Write(code.ToPng(PixelSize)));
        else
            PrivateFile.Write(path, Force, writer => writer.Write(QrText.Svg(code)));
        if (PassThru)
            WriteObject(new FileInfo(path));
    }
}
