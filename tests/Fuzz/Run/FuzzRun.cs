using System.Diagnostics;

namespace WireGuard.Fuzz;

/// <summary>Feeds one target with invented inputs. Decisions follow from the seed; keys and nonces are fresh in every run.</summary>
public static class FuzzRun
{
    // What an input leaves behind meets those that follow, but not for ever.
    private const int CasesPerTarget = 512;
    private const int CasesPerHealthCheck = 64;

    public static FuzzResult Run(string name, FuzzOptions options, Action<string>? report = null)
    {
        var watch = Stopwatch.StartNew();
        var failures = new List<FuzzFailure>();
        var number = options.FirstCase;
        var lastWord = TimeSpan.Zero;
        for (var end = number; failures.Count < options.MaxFailures && !IsOver(); number = end)
        {
            // An instance begins at the same cases in every run.
            end = Math.Min((number / CasesPerTarget + 1) * CasesPerTarget, options.MaxCases);
            if (RunSome(name, options, number, ref end, IsOver) is { } failure)
            {
                failures.Add(failure);
                report?.Invoke(failure.ToString());
                Save(options, failure);
            }

            if (watch.Elapsed - lastWord > TimeSpan.FromMinutes(1))
            {
                lastWord = watch.Elapsed;
                report?.Invoke($"{Result(end)}, {Environment.WorkingSet >> 20} MiB");
            }
        }

        return Result(number);

        bool IsOver() => watch.Elapsed >= options.Time || number >= options.MaxCases;

        FuzzResult Result(long done) => new(name, done - options.FirstCase, watch.Elapsed, failures);
    }

    /// <summary>One input by itself; null when it does no harm.</summary>
    public static Exception? Try(string name, byte[] input)
    {
        try
        {
            using var target = FuzzTargets.Create(name);
            target.Run(input);
            target.CheckHealth();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static FuzzFailure? RunSome(string name, FuzzOptions options, long first, ref long end, Func<bool> isOver)
    {
        byte[] input = [];
        var number = first;
        try
        {
            using var target = FuzzTargets.Create(name);
            for (; number < end && !isOver(); number++)
            {
                input = target.Make(new Random(unchecked((options.Seed * 1_000_003) ^ (int)(number * 7_919))));
                target.Run(input);
                if ((number + 1) % CasesPerHealthCheck == 0)
                    target.CheckHealth();
            }

            target.CheckHealth();
            end = number;
            return null;
        }
        catch (Exception e)
        {
            end = number + 1;
            return new FuzzFailure(name, options.Seed, number, input, e, Try(name, input) is not null);
        }
    }

    private static void Save(FuzzOptions options, FuzzFailure failure)
    {
        if (options.Artifacts is null)
            return;
        var folder = Path.Combine(options.Artifacts, failure.Target);
        Directory.CreateDirectory(folder);
        var reason = $"{failure.Exception.GetType().Name}: {failure.Exception.Message}".ReplaceLineEndings(" ");
        File.WriteAllText(
            Path.Combine(folder, $"seed{failure.Seed}-case{failure.Case}.hex"),
            $"# {reason}\n{Convert.ToHexStringLower(failure.Input)}\n");
    }
}
