using System.Diagnostics;
using WireGuard.Fuzz;

namespace WireGuard.Tests.Enrollment;

/// <summary>Processes that add to the state as fast as they can and are killed (SIGKILL) at any instant.</summary>
public sealed class EnrollmentStoreKillTests
{
    private const int States = 4;
    private const int KillsOfEach = 50;

    // 200 kills, four states side by side: most of the time is that of processes that start.
    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_and_nothing_half_written_is_read() =>
        await Task.WhenAll(Enumerable.Range(1, States).Select(KillAgainAndAgainAsync));

    private static async Task KillAgainAndAgainAsync(int seed)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"enrollment-{Guid.NewGuid():N}");
        var random = new Random(seed);
        // The key of the server, made by whichever child came so far first; then what every child after it must find again.
        string? server = null;
        var acknowledged = 0;
        try
        {
            for (var kill = 0; kill < KillsOfEach; kill++)
            {
                using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["exec", typeof(FuzzRun).Assembly.Location, "enroll-until-killed", directory])
                {
                    RedirectStandardOutput = true,
                })!;
                try
                {
                    // Some die before they have said anything: while the directory, the file or its first record is made.
                    if (kill % 8 == 7)
                        await Task.Delay(random.Next(40, 120));
                    else
                        acknowledged = Math.Max(acknowledged, await ReadUntilKilledAsync(child, random.Next(40)));
                }
                finally
                {
                    child.Kill();
                    await child.WaitForExitAsync();
                }

                acknowledged = Math.Max(acknowledged, LastNumber(await child.StandardOutput.ReadToEndAsync()));
                if (acknowledged == 0)
                    continue;
                var found = EnrollUntilKilled.Check(directory, acknowledged);
                server ??= found;
                Assert.Equal(server, found);
            }
        }
        finally
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }

        Assert.InRange(acknowledged, KillsOfEach, int.MaxValue);
    }

    // One number a line, each of which the child wrote after the state had it.
    private static async Task<int> ReadUntilKilledAsync(Process child, int milliseconds)
    {
        if (await child.StandardOutput.ReadLineAsync() is not { } first)
            throw new InvalidOperationException("The child ended by itself.");
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < milliseconds)
            await Task.Delay(1);
        return LastNumber(first + "\n");
    }

    private static int LastNumber(string lines) =>
        lines.Split('\n').SkipLast(1).Select(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();
}
