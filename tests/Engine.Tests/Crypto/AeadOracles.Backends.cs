using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

internal static partial class AeadOracles
{
    /// <summary>Every backend that this CPU can run.</summary>
    public static TheoryData<string> Backends
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var name in TransportAeadFactory.Available)
                data.Add(name);
            return data;
        }
    }
}
