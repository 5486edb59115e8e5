using System.Management.Automation;
using System.Net;

namespace WireGuard.Binding;

/// <summary>Lets an endpoint parameter take System.Net.IPEndPoint and DnsEndPoint beside HOST:PORT.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EndpointTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData) => KeyTransformationAttribute.Unwrap(inputData) switch
    {
        IPEndPoint endpoint => endpoint.ToString(),
        DnsEndPoint endpoint => $"{endpoint.Host}:{endpoint.Port}",
        _ => inputData,
    };
}
