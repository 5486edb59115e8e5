using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// A cmdlet that takes tunnels by name. A literal name that no running tunnel has is an error; a wildcard that matches
/// none is silence.
/// </summary>
public abstract class TunnelCommand : EngineCommand
{
    private const int AtOnce = 16;

    /// <param name="Name">Name of a tunnel that may be there.</param>
    /// <param name="FromWildcard">Nobody will miss it if it is not.</param>
    private protected readonly record struct Target(string Name, bool FromWildcard);

    /// <param name="names">Names and wildcards; null: every tunnel.</param>
    private protected List<Target> Resolve(string[]? names)
    {
        var targets = new List<Target>();
        foreach (var name in names ?? ["*"])
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                targets.AddRange(Matching(name).Select(n => new Target(n, true)));
            }
            else if (TunnelName.IsValid(name))
            {
                targets.Add(new Target(name, false));
            }
            else
            {
                WriteError(new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(name)} cannot be the name of a tunnel."), name);
            }
        }

        return [.. targets.DistinctBy(t => t.Name, StringComparer.Ordinal)];
    }

    /// <summary>Asks all of them at the same time, and emits in their order; who fails is an error of its own.</summary>
    private protected void AskEach<T>(
        string[]? names, string activity, Func<EngineClient, CancellationToken, Task<T>> question, Action<string, T> emit)
    {
        var targets = Resolve(names);
        Await(activity, async (pump, cancellation) =>
        {
            using var gate = new SemaphoreSlim(AtOnce);
            var answers = targets.ConvertAll(t => AskAsync(t.Name, gate, question, cancellation));
            for (var i = 0; i < targets.Count; i++)
            {
                var target = targets[i];
                try
                {
                    var answer = await answers[i].ConfigureAwait(false);
                    pump.Post(() => emit(target.Name, answer));
                }
                catch (WgException e)
                {
                    pump.Post(() => Report(e, target));
                }
            }

            return true;
        });
    }

    /// <summary>Writes the error, unless it only says that what a wildcard found is gone, or is no enrollment server.</summary>
    private protected void Report(WgException exception, Target target)
    {
        if (!target.FromWildcard || exception.ErrorId is not (ErrorIds.TunnelNotFound or ErrorIds.NotServed))
            WriteError(exception, target.Name);
    }

    private async Task<T> AskAsync<T>(
        string tunnel, SemaphoreSlim gate, Func<EngineClient, CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            using var client = await Tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
            return await question(client, cancellation).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    private IReadOnlyList<string> Matching(string wildcard)
    {
        try
        {
            var pattern = WildcardPattern.Get(wildcard, WildcardOptions.IgnoreCase);
            return [.. SocketNames().Where(pattern.IsMatch)];
        }
        catch (WildcardPatternException e)
        {
            WriteError(new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(wildcard)} is no wildcard: {e.Message}", e) { Advice = "Of wildcards there are *, ? and [a-z]; a name is written as it is." }, wildcard);
            return [];
        }
    }

    private IReadOnlyList<string> SocketNames()
    {
        try
        {
            return Tunnels.Names();
        }
        catch (WgException e)
        {
            ThrowError(e, null);
            throw;
        }
    }
}
