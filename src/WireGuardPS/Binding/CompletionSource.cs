using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;
using WireGuard.Topologies;

namespace WireGuard.Binding;

/// <param name="Value">What is completed.</param>
/// <param name="Label">What a menu shows.</param>
internal readonly record struct Candidate(string Value, string Label);

/// <summary>
/// Finds what completers offer: within the budget, without an exception, without starting anything.
/// </summary>
internal sealed class CompletionSource(TunnelDirectory tunnels, string configDirectory, TimeSpan budget, string namespaceDirectory = "/run/netns", string groupFile = "/etc/group", string? stateDirectory = null)
{
    private const string StateDirectoryVariable = "WIREGUARD_ENGINE_STATE_DIR";
    private const string UsualStateDirectory = "/var/lib/wireguard-engine";

    internal static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);

    internal static CompletionSource Current => new(TunnelDirectory.Current, ConfigLocation.Directory, Budget);

    /// <summary>Running tunnels.</summary>
    internal IReadOnlyList<Candidate> Tunnels() =>
        WithinBudget(async cancellation => Plain(await tunnels.LiveNamesAsync(cancellation).ConfigureAwait(false)));

    /// <summary>Names of NAME.conf in the configuration directory.</summary>
    internal IReadOnlyList<Candidate> Configurations() => WithinBudget(_ =>
    {
        var names = System.IO.Directory.Exists(configDirectory)
            ? System.IO.Directory.EnumerateFiles(configDirectory, "*.conf").Select(p => Path.GetFileNameWithoutExtension(p)).Where(TunnelName.IsValid)
            : [];
        return Task.FromResult(Plain(names.Order(StringComparer.Ordinal)));
    });

    /// <summary>Hosts of a topology file, as far as it can be read.</summary>
    internal IReadOnlyList<Candidate> TopologyHosts(string path) => WithinBudget(_ =>
    {
        var file = TopologyFile.Read(path, new DiagnosticBag(path));
        return Task.FromResult(Plain(file.Hosts?.Hosts.Select(host => host.Name.Value) ?? (file.Tunnel is { } tunnel ? [tunnel.Name.Value] : [])));
    });

    /// <summary>Network namespaces that have a name, as `ip netns add` gives it.</summary>
    internal IReadOnlyList<Candidate> Namespaces() => WithinBudget(_ =>
    {
        var names = System.IO.Directory.Exists(namespaceDirectory) ? System.IO.Directory.EnumerateFiles(namespaceDirectory).Select(p => Path.GetFileName(p)) : [];
        return Task.FromResult(Plain(names.Order(StringComparer.Ordinal)));
    });

    /// <summary>Groups of this machine's own file; a directory server may know thousands more.</summary>
    internal IReadOnlyList<Candidate> Groups() => WithinBudget(_ =>
    {
        var names = File.Exists(groupFile) ? File.ReadLines(groupFile).Select(line => line.Split(':')[0]).Where(name => name.Length > 0 && name[0] is not ('#' or '+' or '-')) : [];
        return Task.FromResult(Plain(names.Order(StringComparer.Ordinal)));
    });

    /// <summary>Public keys of one tunnel's peers, or of all tunnels', labelled by their friendly names.</summary>
    internal IReadOnlyList<Candidate> PeerKeys(string? tunnel) =>
        Peers(tunnel, p => new Candidate(p.PublicKey, string.IsNullOrEmpty(p.Name) ? p.PublicKey : $"{p.Name} ({WgDisplay.Key(p.PublicKey)})"));

    /// <summary>Friendly names of one tunnel's peers, or of all tunnels', as wildcards that match no other name.</summary>
    internal IReadOnlyList<Candidate> PeerNames(string? tunnel) =>
        [.. Peers(tunnel, p => new Candidate(AsWildcard(p.Name ?? ""), p.Name ?? "")).Where(c => c.Value.Length > 0)];

    private static string AsWildcard(string name) => string.Concat(name.Select(c => c is '*' or '?' or '[' or ']' or '`' ? $"`{c}" : $"{c}"));

    private static IReadOnlyList<Candidate> Plain(IEnumerable<string> names) => [.. names.Select(n => new Candidate(n, n))];

    /// <summary>Fingerprints of clients that have a code and wait, labelled by the names that they give themselves.</summary>
    internal IReadOnlyList<Candidate> WaitingPeers(string? tunnel) => OfEach(tunnel, async (client, cancellation) =>
        (await client.GetEnrollmentAsync(cancellation).ConfigureAwait(false)).Waiting.Select(w =>
            new Candidate(w.Fingerprint, string.IsNullOrEmpty(w.Name) ? w.Fingerprint : $"{w.Name} ({w.Fingerprint})")));

    /// <summary>Ids of invitations, labelled by the names that they give.</summary>
    internal IReadOnlyList<Candidate> Invites(string? tunnel) => OfEach(tunnel, async (client, cancellation) =>
        (await client.GetEnrollmentAsync(cancellation).ConfigureAwait(false)).Invites.Select(i =>
            new Candidate(i.Id, string.IsNullOrEmpty(i.PeerName) ? i.Id : $"{i.PeerName} ({i.Id})")));

    /// <summary>Running tunnels that others join; also one that does not say in time whether it is.</summary>
    internal IReadOnlyList<Candidate> ServedTunnels() => WithinBudget(async cancellation =>
    {
        var names = await tunnels.LiveNamesAsync(cancellation).ConfigureAwait(false);
        var served = await Task.WhenAll(names.Select(name => IsServedAsync(name, cancellation))).ConfigureAwait(false);
        return Plain(names.Where((_, place) => served[place]));
    });

    /// <summary>Tunnels that others join, running or not: those whose state this user may see.</summary>
    internal IReadOnlyList<Candidate> States() => WithinBudget(_ =>
    {
        var directory = stateDirectory ?? (Environment.GetEnvironmentVariable(StateDirectoryVariable) is { Length: > 0 } chosen ? chosen : UsualStateDirectory);
        var names = System.IO.Directory.Exists(directory) ? System.IO.Directory.EnumerateDirectories(directory).Select(p => Path.GetFileName(p)).Where(TunnelName.IsValid) : [];
        return Task.FromResult(Plain(names.Order(StringComparer.Ordinal)));
    });

    /// <summary>Names that addresses are reserved for.</summary>
    internal IReadOnlyList<Candidate> ReservedNames(string? tunnel) => OfEach(tunnel, async (client, cancellation) =>
        (await client.GetEnrollmentAsync(cancellation).ConfigureAwait(false)).Reservations.Where(r => r.PeerName is not null).Select(r =>
            new Candidate(r.PeerName!, $"{r.PeerName} ({string.Join(", ", r.Addresses)})")));

    private async Task<bool> IsServedAsync(string tunnel, CancellationToken cancellation)
    {
        try
        {
            using var client = await tunnels.ConnectAsync(tunnel, new EngineTimeouts(budget, budget), cancellation).ConfigureAwait(false);
            _ = await client.GetEnrollmentAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception e)
        {
            return e is not WgException { ErrorId: ErrorIds.NotServed };
        }
    }

    private IReadOnlyList<Candidate> Peers(string? tunnel, Func<PeerInfo, Candidate> offer) => OfEach(tunnel, async (client, cancellation) =>
        (await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false)).Peers.Select(offer));

    private IReadOnlyList<Candidate> OfEach(string? tunnel, Func<EngineClient, CancellationToken, Task<IEnumerable<Candidate>>> ask) => WithinBudget(async cancellation =>
    {
        var names = tunnel is not null && TunnelName.IsValid(tunnel) ? [tunnel] : tunnels.Names();
        var found = await Task.WhenAll(names.Select(n => OfOneAsync(n, ask, cancellation))).ConfigureAwait(false);
        return (IReadOnlyList<Candidate>)[.. found.SelectMany(c => c)];
    });

    private async Task<IEnumerable<Candidate>> OfOneAsync(
        string tunnel, Func<EngineClient, CancellationToken, Task<IEnumerable<Candidate>>> ask, CancellationToken cancellation)
    {
        try
        {
            using var client = await tunnels.ConnectAsync(tunnel, new EngineTimeouts(budget, budget), cancellation).ConfigureAwait(false);
            return await ask(client, cancellation).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // One tunnel that hangs or refuses must not take away what the others have.
            return [];
        }
    }

    private IReadOnlyList<Candidate> WithinBudget(Func<CancellationToken, Task<IReadOnlyList<Candidate>>> find)
    {
        // A little earlier, so that what the other tunnels said is still in time.
        using var end = new CancellationTokenSource(budget * 0.9);
        try
        {
            var work = Task.Run(() => find(end.Token), end.Token);
            return work.Wait(budget) ? work.Result : [];
        }
        catch (Exception)
        {
            // Completion is a courtesy: whatever goes wrong, there is just nothing to offer.
            return [];
        }
    }
}
