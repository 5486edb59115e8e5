using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

internal enum UapiOperation
{
    None,
    Get,
    Set,
}

/// <summary>A whole request as the parser understood it.</summary>
/// <param name="Change">What a good set asks for, owned by the caller; else null.</param>
/// <param name="Errno">0, or why the request is refused.</param>
/// <param name="Problem">For the log: which line, which key, what is wrong; never the value.</param>
internal sealed record UapiRequest(UapiOperation Operation, DeviceChange? Change, int Errno, string? Problem);
