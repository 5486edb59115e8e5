using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Hosting;

/// <summary>Which offloads to use where the kernel has them. Without, every packet crosses the TUN and the socket by itself.</summary>
/// <param name="Tun">Between the kernel's stack and the engine.</param>
/// <param name="Udp">Between the engine and the network.</param>
public sealed record OffloadChoice(TunOffloads Tun, UdpOffloads Udp)
{
    /// <summary>Leaves offloads off, for when a kernel's or a network card's are faulty.</summary>
    public const string Variable = "WIREGUARD_ENGINE_OFFLOAD";

    public static OffloadChoice All { get; } = new(TunOffloads.All, UdpOffloads.All);

    /// <summary>What <see cref="Variable"/> says.</summary>
    /// <exception cref="StartException">It is set to something else.</exception>
    public static OffloadChoice FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    /// <param name="text">"on", "off", or the only side that has them: "tun", "udp"; in any case. Empty or null: on.</param>
    /// <exception cref="StartException">It is none of these.</exception>
    public static OffloadChoice Parse(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        null or "" or "on" => All,
        "off" => new(TunOffloads.None, UdpOffloads.None),
        "tun" => All with { Udp = UdpOffloads.None },
        "udp" => All with { Tun = TunOffloads.None },
        _ => throw new StartException(StartErrorId.EngineFailed, $"{Variable} is '{text}', which is none of on, off, tun and udp."),
    };

    /// <summary>For the log; null when all are used.</summary>
    public string? LeftOff => this switch
    {
        { Tun: TunOffloads.None, Udp: UdpOffloads.None } => "TUN and UDP offloads are left off",
        { Tun: TunOffloads.None } => "TUN offloads are left off",
        { Udp: UdpOffloads.None } => "UDP offloads are left off",
        _ => null,
    };
}
