using System.Management.Automation;
using WireGuard.Conversion;

namespace WireGuard.Binding;

/// <summary>Lets a WgConfig parameter take a running tunnel too, and both after remoting or Import-Clixml.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConfigTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData) => KeyTransformationAttribute.Unwrap(Rehydration.Rehydrate(inputData)) switch
    {
        WgTunnel tunnel => tunnel.ToConfig(),
        WgConfig config => config,
        _ => inputData,
    };
}
