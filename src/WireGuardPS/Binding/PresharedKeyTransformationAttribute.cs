using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>As <see cref="KeyTransformationAttribute"/>; takes what New-WgPresharedKey makes, too.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PresharedKeyTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData) =>
        KeyTransformationAttribute.Unwrap(inputData) is WgPresharedKey made ? made.PresharedKey : KeyTransformationAttribute.Transform(inputData);
}
