using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>Lets a parameter for tunnels by name take peers: of a <see cref="WgPeer"/> its tunnel, for its Name is its own.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TunnelOfPeerTransformationAttribute : ArgumentTransformationAttribute
{
    // As remoting and Import-Clixml name it.
    private static readonly string s_deserialized = $"Deserialized.{typeof(WgPeer).FullName}";

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    // An array, so that it binds before the properties of the object are looked at.
    internal static object Transform(object inputData) => inputData switch
    {
        PSObject { BaseObject: WgPeer peer } => (string[])[peer.Tunnel],
        WgPeer peer => (string[])[peer.Tunnel],
        PSObject other when other.TypeNames.Contains(s_deserialized) && other.Properties[nameof(WgPeer.Tunnel)]?.Value is string tunnel => (string[])[tunnel],
        _ => inputData,
    };
}
