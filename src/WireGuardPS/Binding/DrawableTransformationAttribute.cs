using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>Lets a parameter take what can be drawn: a configuration or a running tunnel, or an invitation.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DrawableTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (KeyTransformationAttribute.Unwrap(inputData) is WgInvite invite)
            return invite;
        return LanguagePrimitives.TryConvertTo<WgConfig>(ConfigTransformationAttribute.Transform(inputData), out var config) && config is not null ? config
            : throw new ArgumentTransformationMetadataException("What is drawn is a WgConfig, a WgTunnel or a WgInvite.");
    }
}
