using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>As <see cref="KeyTransformationAttribute"/>, for digits: PowerShell takes them for a number, and keeps beside it what was typed.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CodeTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData) => KeyTransformationAttribute.Unwrap(inputData) is int or long
        ? SecretText.FromPlainText(inputData.ToString() ?? "")
        : KeyTransformationAttribute.Transform(inputData);
}
