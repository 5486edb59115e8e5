using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>Lets a parameter take the module's objects after remoting or Import-Clixml as well.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RehydrationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Rehydration.Rehydrate(inputData);
}
