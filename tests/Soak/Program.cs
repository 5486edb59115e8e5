using System.Globalization;
using WireGuard.Tests.Interop;
using WireGuard.Tests.Soak;

// Soak [--minutes N]
if (args is not ([] or ["--minutes", _]) || !double.TryParse(args is [_, var text] ? text : "60", CultureInfo.InvariantCulture, out var minutes))
{
    Console.Error.WriteLine("usage: Soak [--minutes N]");
    return 2;
}

if (InteropRequirement.Missing([]) is { } missing)
{
    Console.Error.WriteLine($"Soak {missing}.");
    return 2;
}

// Long enough for keys to change by themselves, whatever was changed before.
var options = new SoakOptions(TimeSpan.FromMinutes(minutes), Quiet: TimeSpan.FromSeconds(130), WithSilence: true);
try
{
    new SoakRun(options, line => Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {line}")).Run();
    return 0;
}
catch (Exception e)
{
    Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss} FAILED: {e}");
    return 1;
}
