using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Tests.Clock;

/// <summary>
/// What this assembly does as a program: it tells what the engine takes the time since boot to be, in seconds (a time
/// namespace holds for processes that are started in it, and for nothing that already runs), or is a <see cref="FastTunnelProgram"/>.
/// </summary>
internal static class BootTimeProgram
{
    private static void Main(string[] arguments)
    {
        if (arguments is [FastTunnelProgram.Verb, var config, var speed])
        {
            FastTunnelProgram.Run(config, speed);
            return;
        }

        var clock = new LinuxPlatform(OffloadChoice.All).Clock;
        Console.WriteLine(clock.GetTimestamp() / clock.TimestampFrequency);
    }
}
