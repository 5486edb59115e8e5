using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>
/// Lets a SecureString parameter take a string too. The string is remembered as plain text; the cmdlet warns about it,
/// because a command line ends up in history files and transcripts.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KeyTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData) =>
        Unwrap(inputData) is string text ? SecretText.FromPlainText(text) : inputData;

    internal static object Unwrap(object inputData) => inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
}
