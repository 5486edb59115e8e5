using System.CommandLine;
using WireGuard.Engine.Cli.Demo;
using WireGuard.Engine.Cli.Demo.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`demo`: a tunnel between two network namespaces, or in memory where that cannot be.</summary>
internal static class DemoVerb
{
    private const string TunDevice = "/dev/net/tun";

    public static Command Create()
    {
        var inMemory = new Option<bool>("--in-memory") { Description = "Join two devices in memory even where namespaces would do." };
        var command = new Command("demo", "Show a tunnel between two network namespaces, with traffic through it.") { inMemory };
        command.SetAction(parsed => (int)Run(parsed.GetValue(inMemory)));
        return command;
    }

    private static ExitCode Run(bool inMemory)
    {
        using var signals = new StopSignals();
        try
        {
            var obstacle = inMemory ? "--in-memory was given" : Obstacle();
            if (obstacle is not null)
            {
                Console.Out.WriteLine($"No network namespaces: {obstacle}.");
                new MemoryDemo(Console.Out, signals.Token).Run();
                return ExitCode.Ok;
            }

            using var demo = new NamespaceDemo(Console.Out, signals.Token);
            demo.Run();
            return ExitCode.Ok;
        }
        catch (OperationCanceledException failure)
        {
            throw new CommandException(ExitCode.Error, "The demo was interrupted.", failure);
        }
    }

    /// <summary>What keeps this process from making namespaces and TUN devices; null: nothing.</summary>
    private static string? Obstacle()
    {
        if (!OperatingSystem.IsLinux())
            return "this is not Linux";
        if (EffectiveUser.Id != 0)
            return "they need root; `sudo out/engine/wireguard-engine demo` shows it for real";
        if (!File.Exists(TunDevice))
            return $"{TunDevice} is not there (modprobe tun, or give the container the device)";
        try
        {
            new NetworkNamespace().Dispose();
            return null;
        }
        catch (LinuxException failure)
        {
            return failure.Message;
        }
    }
}
